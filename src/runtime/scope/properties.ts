import type { BusValue } from '../../host/index.ts';
import type { SpecResources } from '../../oci/index.ts';
import { cpuWeight } from '../compile/index.ts';

const infinity = 2n ** 64n - 1n;

const number = (value: number | bigint): BusValue => ({ signature: 't', value: BigInt(value) });
const orInfinity = (value: number): BusValue => number(value < 0 ? infinity : value);

/**
 * The limits that systemd has names for, as properties of a unit. The engine writes them all itself; systemd must not come to think
 * that there are others, or it would set those when it reloads.
 */
export function scopeProperties(resources: SpecResources, cgroupVersion: 1 | 2): BusValue[] {
  const { memory = {}, cpu = {}, pids } = resources;
  const properties: [string, BusValue][] = [
    ['TasksMax', pids && pids.limit > 0 ? number(pids.limit) : number(infinity)],
  ];
  if (memory.limit) properties.push([cgroupVersion === 2 ? 'MemoryMax' : 'MemoryLimit', orInfinity(memory.limit)]);
  if (cgroupVersion === 2) {
    if (memory.swap && memory.limit) {
      properties.push(['MemorySwapMax', memory.swap < 0 ? number(infinity) : number(memory.swap - memory.limit)]);
    }
    if (memory.reservation) properties.push(['MemoryLow', orInfinity(memory.reservation)]);
    if (cpu.shares) properties.push(['CPUWeight', number(cpuWeight(cpu.shares))]);
  } else if (cpu.shares) {
    properties.push(['CPUShares', number(cpu.shares)]);
  }
  if (cpu.quota) properties.push(['CPUQuotaPerSecUSec', quotaOf(cpu.quota, cpu.period || 100_000)]);
  return properties;
}

/** Microseconds of processor time a second; systemd wants whole hundredths. */
function quotaOf(quota: number, period: number): BusValue {
  if (quota < 0) return number(infinity);
  const perSecond = Math.floor((quota * 1_000_000) / period);
  return number(Math.ceil(perSecond / 10_000) * 10_000);
}
