import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { NetworkOptions } from '../../network/index.ts';
import type { Value, Values } from '../options/option.ts';

export const defaultDataRoot = '/var/lib/tug';

/** What the network of the engine with that data is told. */
export function networkOf(values: Values, dataRoot: string): Omit<NetworkOptions, 'execRoot'> {
  const text = (name: string): string | undefined => (values.get(name) as string | undefined) || undefined;
  const list = (name: string): string[] => (values.get(name) as string[] | undefined) ?? [];
  const networkOptions = values.get('default-network-opt') as Map<string, Record<string, string>> | undefined;
  const told = {
    bip: text('bip'),
    mtu: (values.get('mtu') as number | undefined) || undefined,
    pools: values.get('default-address-pool') as NetworkOptions['pools'],
    bindingIp: text('ip') === '0.0.0.0' ? undefined : text('ip'),
    hostGateway: list('host-gateway-ip')[0],
    fixedCidr: text('fixed-cidr'),
    defaultGateway: text('default-gateway'),
  };
  return {
    ...bridgeOf(text('bridge'), dataRoot),
    strict: text('firewall') === 'strict',
    icc: isOn(values.get('icc')),
    masquerade: isOn(values.get('ip-masq')),
    dns: { servers: list('dns'), search: list('dns-search'), options: list('dns-opt') },
    driverOptions: Object.fromEntries(networkOptions ?? []),
    ...withoutUndefined(told),
  };
}

/**
 * An engine with data of its own beside the usual one has a bridge of its own, and by its name a firewall. There may be many such engines, one
 * after another, each with a new directory: their bridges do not stay.
 */
function bridgeOf(told: string | undefined, dataRoot: string): Pick<NetworkOptions, 'bridge' | 'isTemporary'> {
  if (told !== undefined) return { bridge: told };
  if (resolve(dataRoot) === defaultDataRoot) return { bridge: 'tug0' };
  const own = createHash('sha256').update(resolve(dataRoot)).digest('hex').slice(0, 8);
  return { bridge: `tug${own}`, isTemporary: true };
}

const isOn = (value: Value | undefined): boolean => value !== false;

type Told<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };
const withoutUndefined = <T extends object>(told: T): Told<T> =>
  Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as Told<T>;
