import type { Collection } from '../../store/index.ts';

/** A part of a network's address space, as it was asked for or chosen; its gateway is shown only where one of these named it. */
export interface PoolRecord {
  subnet: string;
  range?: string;
  gateway?: string;
  aux?: Record<string, string>;
  /** Somebody asked for it: containers may ask for addresses in it. */
  isStatic: boolean;
}

/** A network as it is recorded. */
export interface NetworkRecord {
  id: string;
  name: string;
  driver: string;
  created: string;
  enableIPv4: boolean;
  enableIPv6: boolean;
  internal: boolean;
  attachable: boolean;
  configOnly: boolean;
  configFrom: string;
  options: Record<string, string>;
  labels: Record<string, string>;
  ipamOptions: Record<string, string> | null;
  pools: PoolRecord[];
  /** Of the predefined bridge: its own address and prefix, remembered. */
  address?: string;
}

/** What a record has that says nothing else. */
export const plainNetwork = {
  enableIPv4: true,
  enableIPv6: false,
  internal: false,
  attachable: false,
  configOnly: false,
  configFrom: '',
  options: {},
  labels: {},
  ipamOptions: null,
  pools: [],
};

export const networkRows: Collection<NetworkRecord> = {
  name: 'networks',
  indexes: { name: { of: (network) => network.name, unique: true } },
};

/** The networks every engine has. */
export const predefinedDrivers = { bridge: 'bridge', host: 'host', none: 'null' };
export const isPredefined = (name: string): boolean => Object.hasOwn(predefinedDrivers, name);
