import { statSync } from 'node:fs';
import type { HostConfig } from '../../../api/index.ts';
import { EngineError, explainSystemError, messageOf } from '../../../kit/index.ts';
import type { SpecBlockIO, SpecThrottle } from '../../../oci/index.ts';
import { deviceNumbers } from './devices.ts';

/** The limits on block devices; a device that is not there is refused in Docker's words. */
export function blockIo(hostConfig: HostConfig): SpecBlockIO {
  const { BlkioWeight, BlkioWeightDevice } = hostConfig;
  const weights = (BlkioWeightDevice ?? []).map(({ Path, Weight = 0 }) => ({ ...numbersOf(Path), weight: Weight }));
  const lists = {
    throttleReadBpsDevice: throttles(hostConfig.BlkioDeviceReadBps),
    throttleWriteBpsDevice: throttles(hostConfig.BlkioDeviceWriteBps),
    throttleReadIOPSDevice: throttles(hostConfig.BlkioDeviceReadIOps),
    throttleWriteIOPSDevice: throttles(hostConfig.BlkioDeviceWriteIOps),
  };
  return {
    ...(BlkioWeight ? { weight: BlkioWeight } : {}),
    ...(weights.length > 0 ? { weightDevice: weights } : {}),
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
  };
}

const throttles = (list: { Path?: string; Rate?: number }[] | undefined): SpecThrottle[] =>
  (list ?? []).map(({ Path, Rate = 0 }) => ({ ...numbersOf(Path), rate: Rate }));

function numbersOf(path = ''): { major: number; minor: number } {
  try {
    return deviceNumbers(statSync(path).rdev);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'no such file or directory' : messageOf(explainSystemError(error));
    throw new EngineError('internal', `stat ${path}: ${why}`, error);
  }
}
