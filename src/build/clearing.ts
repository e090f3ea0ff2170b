import { type Log, messageOf } from '../kit/index.ts';

/** Work that nobody waits for but the end. It begins when a step has been let go, or soon. */
export interface Clearing {
  add(work: () => Promise<void>): void;
  /** The engine has time now. */
  pump(): void;
  /** Resolves once all is done that was added until then. */
  settled(): Promise<void>;
}

/** Milliseconds after which work begins in any case. */
const patience = 20;

export function createClearing(log: Log): Clearing {
  const waiting: (() => Promise<void>)[] = [];
  const under = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  function pump(): void {
    clearTimeout(timer);
    timer = undefined;
    for (const work of waiting.splice(0)) {
      const told = work().catch((error: unknown) =>
        log.error('what a step left could not be cleared away', { error: messageOf(error) }),
      );
      under.add(told);
      void told.then(() => under.delete(told));
    }
  }
  return {
    add(work) {
      waiting.push(work);
      timer ??= setTimeout(pump, patience);
    },
    pump,
    async settled() {
      pump();
      while (under.size > 0) await Promise.all(under);
    },
  };
}
