import { cgroups } from './checks/cgroups.ts';
import { clock } from './checks/clock.ts';
import { kernel } from './checks/kernel.ts';
import { leftovers } from './checks/leftovers.ts';
import { limits } from './checks/limits.ts';
import { network } from './checks/network.ts';
import { programs } from './checks/programs.ts';
import { security } from './checks/security.ts';
import { storage } from './checks/storage.ts';
import type { Engine, Gravity, Host, Symptom } from './contract.ts';

const checks = [kernel, cgroups, storage, network, limits, clock, security, leftovers, programs];
const order: Gravity[] = ['error', 'warning', 'note'];

/** All that is missing or odd, the gravest first. Changes nothing. */
export function examine(host: Host, engine: Engine): Symptom[] {
  const found = checks.flatMap((check) => check(host, engine));
  return found.toSorted((one, other) => order.indexOf(one.gravity) - order.indexOf(other.gravity));
}
