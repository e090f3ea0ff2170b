import { crashpoint } from '../../kit/index.ts';
import type { Backlog, Spot } from './backlog.ts';
import type { Thread } from './messages.ts';
import type { Cursor } from './shipment.ts';

/** How far a log has been sent, and how far it has arrived; the latter is written down. */
export interface Progress {
  /** After the last line that was sent, or is being sent. */
  readonly thread: Thread;
  /** What is being sent now, up to that spot. */
  sending(spot: Spot, thread: Thread): void;
  /** It was taken. */
  taken(): void;
  /** What a connection took that has stood for `doubt` milliseconds since has arrived; everything, when that is negative. */
  settle(doubt: number): Promise<void>;
  /** Goes back to what has surely arrived. */
  again(): void;
  /** Some lines will not be sent; those after them go on from where the backlog is. */
  passedOver(): void;
  /** Nothing was sent that has not arrived. */
  certain(): boolean;
  /** Writes the cursor down, if it has moved: now, or not more often than is worth it. */
  note(when: 'now' | 'soon'): Promise<void>;
}

const noteEvery = 100;

interface Place {
  spot: Spot | undefined;
  thread: Thread;
}

export function createProgress(options: {
  backlog: Backlog;
  thread: Thread;
  advance: (cursor: Cursor) => void;
}): Progress {
  const { backlog, advance } = options;
  let { thread } = options;
  let settled: Place = { spot: backlog.here(), thread };
  let inDoubt: (Place & { spot: Spot; at: number })[] = [];
  let moved = false;
  let noted = 0;
  return {
    get thread() {
      return thread;
    },
    sending(spot, after) {
      thread = after;
      inDoubt.push({ spot, thread, at: Number.POSITIVE_INFINITY });
    },
    taken() {
      const now = Date.now();
      for (const place of inDoubt) place.at = Math.min(place.at, now);
    },
    async settle(doubt) {
      const before = doubt < 0 ? Number.MAX_VALUE : Date.now() - doubt;
      const count = inDoubt.findLastIndex(({ at }) => at <= before) + 1;
      const last = inDoubt[count - 1];
      if (!last) return;
      inDoubt = inDoubt.slice(count);
      settled = { spot: last.spot, thread: last.thread };
      moved = true;
      await backlog.release(last.spot);
    },
    again() {
      settled.spot = backlog.kept(settled.spot);
      backlog.rewind(settled.spot);
      thread = settled.thread;
      inDoubt = [];
    },
    passedOver() {
      thread = { ...thread, unfinished: {} };
      const here = backlog.here();
      if (!here) return;
      // After what may have to be sent again, as if it had been sent, too.
      if (inDoubt.length > 0) return void inDoubt.push({ spot: here, thread, at: Number.POSITIVE_INFINITY });
      settled = { spot: here, thread };
      moved = true;
    },
    certain: () => inDoubt.length === 0,
    async note(when) {
      const spot = backlog.kept(settled.spot);
      if (!moved || !spot || (when === 'soon' && Date.now() - noted < noteEvery)) return;
      advance({ position: await backlog.position(spot), thread: settled.thread });
      crashpoint('logs.advanced');
      moved = false;
      noted = Date.now();
    },
  };
}
