import { type Log, messageOf } from '../kit/index.ts';

/** Work that nobody waits for but the end. */
export interface Clearing {
  add(work: Promise<void>): void;
  settled(): Promise<void>;
}

export function createClearing(log: Log): Clearing {
  const under = new Set<Promise<void>>();
  return {
    add(work) {
      const told = work.catch((error: unknown) =>
        log.error('what a step left could not be cleared away', { error: messageOf(error) }),
      );
      under.add(told);
      void told.then(() => under.delete(told));
    },
    async settled() {
      while (under.size > 0) await Promise.all(under);
    },
  };
}
