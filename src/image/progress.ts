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
