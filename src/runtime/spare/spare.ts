import type { Calm } from './calm.ts';

/** Something that a start needs, made while the engine has time. */
export interface Spare<T> {
  /** It is the caller's now; undefined when none is ready. */
  take(): T | undefined;
  isReady(): boolean;
  close(): void;
}

export function createSpare<T>(
  calm: Calm,
  { make, discard }: { make: () => T; discard: (spare: T) => void },
): Spare<T> {
  let spare: T | undefined;
  let closed = false;
  const refill = () =>
    calm.whenCalm(() => {
      if (closed) return;
      // What cannot be made now says so to the start that needs it.
      try {
        spare ??= make();
      } catch {
        spare = undefined;
      }
    });
  refill();
  return {
    take() {
      const taken = spare;
      spare = undefined;
      refill();
      return taken;
    },
    isReady: () => spare !== undefined,
    close() {
      closed = true;
      if (spare !== undefined) discard(spare);
      spare = undefined;
    },
  };
}
