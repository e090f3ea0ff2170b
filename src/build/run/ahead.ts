import { type Log, messageOf } from '../../kit/index.ts';
import type { Prepared } from './prepare.ts';

/** What is made for steps that will soon run, while those before them are running. */
export interface Ahead {
  /** Begins it, unless that is done. */
  begin(step: string, prepare: () => Promise<Prepared>): void;
  /** What there is for a step; it is the caller's now. */
  take(step: string): Promise<Prepared | undefined>;
  /** Undoes what nobody took. */
  close(): Promise<void>;
}

export function createAhead({ undo, log }: { undo: (prepared: Prepared) => Promise<void>; log: Log }): Ahead {
  const made = new Map<string, Promise<Prepared | undefined>>();
  const begun = new Set<string>();
  return {
    begin(step, prepare) {
      if (begun.has(step)) return;
      begun.add(step);
      // The step itself will say what is wrong with it.
      const work = prepare().catch((error: unknown) => {
        log.debug('a step of a build could not be prepared', { error: messageOf(error) });
        return undefined;
      });
      made.set(step, work);
    },
    async take(step) {
      const work = made.get(step);
      made.delete(step);
      begun.add(step);
      return work;
    },
    async close() {
      const left = [...made.values()];
      made.clear();
      for (const work of left) {
        const prepared = await work;
        if (prepared) await undo(prepared);
      }
    },
  };
}
