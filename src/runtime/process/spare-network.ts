import { closeFd, newNetworkNamespace } from '../../host/index.ts';

/** A network namespace made while the engine has time: of all that a start needs it is the dearest to make. */
export interface SpareNetwork {
  /** The fd of a new one, now the caller's; undefined when none is ready, and the start has to make its own. */
  take(): number | undefined;
  close(): void;
}

/** Milliseconds after one was taken until the next is made: the start comes first. */
const pause = 30;

export function createSpareNetwork(): SpareNetwork {
  let spare: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const refill = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // A kernel that makes none says so when a start needs it.
      try {
        spare ??= newNetworkNamespace();
      } catch {
        spare = undefined;
      }
    }, pause);
    timer.unref();
  };
  refill();
  return {
    take() {
      const taken = spare;
      spare = undefined;
      refill();
      return taken;
    },
    close() {
      clearTimeout(timer);
      if (spare !== undefined) closeFd(spare);
      spare = undefined;
    },
  };
}
