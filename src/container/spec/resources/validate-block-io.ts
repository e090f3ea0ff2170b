import type { HostConfig } from '../../../api/index.ts';
import { EngineError } from '../../../kit/index.ts';
import type { HostFacts } from '../facts.ts';
import { noKernel } from '../no-kernel.ts';

/** Weights of block devices: what this kernel has no file for is discarded with a warning, a weight out of range refused. */
export function checkBlockIo(config: HostConfig, facts: HostFacts): string[] {
  const warnings: string[] = [];
  const { weight, weightDevice } = facts.blockIo;
  if (config.BlkioWeight && !weight) {
    warnings.push(noKernel('Block I/O weight', 'Weight discarded.'));
    config.BlkioWeight = 0;
  }
  if (config.BlkioWeight && (config.BlkioWeight < 10 || config.BlkioWeight > 1000)) {
    throw new EngineError('invalid', 'Range of blkio weight is from 10 to 1000');
  }
  if (config.BlkioWeightDevice?.length && !weightDevice) {
    warnings.push(noKernel('Block I/O weight_device', 'Weight-device discarded.'));
    config.BlkioWeightDevice = [];
  }
  return warnings;
}

const throttles = [
  ['BlkioDeviceReadBps', 'BPS Block I/O read limit', 'Block I/O BPS read limit discarded.'],
  ['BlkioDeviceWriteBps', 'BPS Block I/O write limit', 'Block I/O BPS write limit discarded.'],
  ['BlkioDeviceReadIOps', 'IOPS Block read limit', 'Block I/O IOPS read limit discarded.'],
  ['BlkioDeviceWriteIOps', 'IOPS Block write limit', 'Block I/O IOPS write limit discarded.'],
] as const;

/** Rates of block devices, on a machine that cannot limit them. */
export function discardThrottles(config: HostConfig, facts: HostFacts): string[] {
  if (facts.blockIo.throttle) return [];
  return throttles.flatMap(([field, what, then]) => {
    if (!config[field]?.length) return [];
    config[field] = [];
    return [noKernel(what, then)];
  });
}
