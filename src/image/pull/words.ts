import type { JSONMessage } from '../../api/index.ts';
import type { DownloadStep } from '../transfer/download.ts';

type Emit = (message: JSONMessage) => void;

/** What is said of one layer that is pulled, in Docker's order: what is unpacked is told of when all is there. */
export interface LayerWords {
  begins(): void;
  exists(): void;
  tell(step: DownloadStep): void;
  /** So many more bytes of the blob were read to be unpacked. */
  extracting(count: number): void;
  complete(): void;
}

/** Between two messages of one bar, in ms. */
const rate = 100;

export function createLayerWords(id: string, total: number, emit: Emit): LayerWords {
  let isThere = false;
  let unpacked = 0;
  const say = (status: string, progressDetail: { current?: number; total?: number } = {}) =>
    emit({ status, progressDetail, id } as JSONMessage);
  const bar = createBar(say, total);
  const sayExtracting = () => isThere && bar('Extracting', unpacked);
  return {
    begins: () => say('Pulling fs layer'),
    exists() {
      say('Already exists');
    },
    tell(step) {
      if (step.step === 'waiting') say('Waiting');
      else if (step.step === 'downloading') bar('Downloading', step.current);
      else if (step.step === 'verifying') say('Verifying Checksum');
      else if (step.step === 'retrying') say(`Retrying in ${step.seconds} second${step.seconds === 1 ? '' : 's'}`);
      else {
        say('Download complete');
        isThere = true;
        sayExtracting();
      }
    },
    extracting(count) {
      unpacked += count;
      sayExtracting();
    },
    complete() {
      if (!isThere) say('Download complete');
      bar('Extracting', total);
      say('Pull complete');
    },
  };
}

/** Says how far something is, not too often; the end always, once. */
function createBar(say: (status: string, detail: { current: number; total: number }) => void, total: number) {
  let last = { status: '', current: -1, at: 0 };
  return (status: string, current: number): void => {
    const now = performance.now();
    const isSame = last.status === status;
    if (isSame && (last.current === current || (now - last.at < rate && current < total))) return;
    last = { status, current, at: now };
    say(status, { current, total });
  };
}
