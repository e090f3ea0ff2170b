import { EngineError } from '../../kit/index.ts';

/** The drivers whose containers stand beside the host on an interface of it, each with a MAC address of its own or with the host's. */
export type LineDriver = 'macvlan' | 'ipvlan';
export const isLineDriver = (driver: string): driver is LineDriver => driver === 'macvlan' || driver === 'ipvlan';

/** What the driver options of such a network come to. */
export interface LineOptions {
  /** '' for an interface of the network's own that leads nowhere. */
  parent: string;
  mode: string;
  /** The kernel's numbers of the mode, and of ipvlan's flag. */
  modeNumber: number;
  flagNumber: number;
}

const modes: Record<LineDriver, { initial: string; numbers: Record<string, number> }> = {
  macvlan: { initial: 'bridge', numbers: { private: 1, vepa: 2, bridge: 4, passthru: 8 } },
  ipvlan: { initial: 'l2', numbers: { l2: 0, l3: 1, l3s: 2 } },
};
const flags: Record<string, number> = { bridge: 0, private: 1, vepa: 2 };

/** Refuses what makes no sense, in Docker's words; options it does not know are kept and mean nothing, as in Docker. */
export function lineOptions(driver: LineDriver, options: Record<string, string>): LineOptions {
  const { initial, numbers } = modes[driver];
  const mode = options[`${driver}_mode`] || initial;
  const flag = (driver === 'ipvlan' && options.ipvlan_flag) || 'bridge';
  const modeNumber = numbers[mode];
  const flagNumber = flags[flag];
  if (modeNumber === undefined) {
    throw refusal(`requested ${driver} mode '${mode}' is not valid, '${initial}' mode is the ${driver} driver default`);
  }
  if (flagNumber === undefined) {
    throw refusal(`requested ipvlan flag '${flag}' is not valid, 'bridge' is the ipvlan driver default`);
  }
  const parent = options.parent ?? '';
  if (parent === 'lo') throw refusal(`loopback interface is not a valid ${driver} parent link`);
  return { parent, mode, modeNumber, flagNumber };
}

const refusal = (text: string): EngineError => new EngineError('internal', text);

/** `eth0.10` is the VLAN 10 of eth0. */
export function vlanOf(parent: string): { below: string; id: number } {
  const [, below, id] = /^([^.]+)\.(\d+)$/.exec(parent) ?? [];
  if (below === undefined || id === undefined) {
    throw refusal(`invalid subinterface vlan name ${parent}, example formatting is eth0.10`);
  }
  if (Number(id) < 1 || Number(id) > 4094) throw refusal(`vlan id must be between 1-4094, received: ${id}`);
  return { below, id: Number(id) };
}
