import type { JSONMessage } from '../api/index.ts';

/** Runs `work` once somebody listens; what it emits comes out, then its end or its error. */
export async function* progressOf(
  work: (emit: (message: JSONMessage) => void) => Promise<void>,
): AsyncGenerator<JSONMessage> {
  const state: { waiting: JSONMessage[]; ended: boolean; wake?: () => void } = { waiting: [], ended: false };
  const working = work((message) => {
    state.waiting.push(message);
    state.wake?.();
  }).finally(() => {
    state.ended = true;
    state.wake?.();
  });
  // A listener that has gone away leaves the work to end by itself, also in failure.
  working.catch(() => undefined);
  for (;;) {
    const message = state.waiting.shift();
    if (message) yield message;
    else if (state.ended) break;
    else {
      await new Promise<void>((resolve) => {
        state.wake = resolve;
      });
    }
  }
  await working;
}

/** Between two messages of one bar, in ms. */
const rate = 100;

/** Says how far something is, not too often; the end always, once. */
export function createBar(say: (status: string, detail: { current: number; total: number }) => void, total: number) {
  let last = { status: '', current: -1, at: 0 };
  return (status: string, current: number): void => {
    const now = performance.now();
    const isSame = last.status === status;
    if (isSame && (last.current === current || (now - last.at < rate && current < total))) return;
    last = { status, current, at: now };
    say(status, { current, total });
  };
}
