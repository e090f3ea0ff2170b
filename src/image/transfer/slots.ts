/** Lets a number of works run at once; the others wait in turn. */
export interface Slots {
  /** Runs `work` when a slot is free; `onWait` is called if it has to wait. */
  run<T>(work: () => Promise<T>, options: { onWait: () => void; signal: AbortSignal }): Promise<T>;
}

/** `most` is asked each time a slot may be free. */
export function createSlots(most: () => number): Slots {
  let taken = 0;
  const waiting: (() => void)[] = [];
  const free = () => {
    taken--;
    waiting.shift()?.();
  };
  return {
    async run(work, { onWait, signal }) {
      if (taken >= most()) {
        onWait();
        while (taken >= most()) await turn(waiting, signal);
      }
      signal.throwIfAborted();
      taken++;
      try {
        return await work();
      } finally {
        free();
      }
    },
  };
}

function turn(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      const at = waiting.indexOf(go);
      if (at >= 0) waiting.splice(at, 1);
      reject(signal.reason as Error);
    };
    const go = () => {
      signal.removeEventListener('abort', leave);
      resolve();
    };
    if (signal.aborted) return leave();
    signal.addEventListener('abort', leave, { once: true });
    waiting.push(go);
  });
}
