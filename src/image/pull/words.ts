import type { JSONMessage } from '../../api/index.ts';
import { createBar } from '../progress.ts';
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

export function createLayerWords(id: string, total: number, emit: Emit): LayerWords {
  let isThere = false;
  let unpacked = 0;
  const say = (status: string, progressDetail: { current?: number; total?: number } = {}) =>
    emit({ status, progressDetail, id } as JSONMessage);
  const bar = createBar(say, total);
  const sayExtracting = () => isThere && unpacked > 0 && bar('Extracting', unpacked);
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
