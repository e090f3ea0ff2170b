/** When there is time for what a later start will need. */
export interface Calm {
  /** Something is going on that must not wait. */
  disturb(): void;
  /** Calls once nothing has gone on for a while. */
  whenCalm(act: () => void): void;
  close(): void;
}

/** `pause` is in milliseconds. */
export function createCalm(pause: number): Calm {
  const waiting = new Set<() => void>();
  let calmAt = 0;
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    timer = undefined;
    const left = calmAt - performance.now();
    if (left > 0) {
      arm(left);
      return;
    }
    const acts = [...waiting];
    waiting.clear();
    for (const act of acts) act();
  };
  const arm = (delay: number): void => {
    timer ??= setTimeout(look, Math.ceil(delay));
    timer.unref();
  };
  const disturb = (): void => {
    calmAt = performance.now() + pause;
  };
  return {
    disturb,
    whenCalm(act) {
      waiting.add(act);
      disturb();
      arm(pause);
    },
    close: () => clearTimeout(timer),
  };
}
