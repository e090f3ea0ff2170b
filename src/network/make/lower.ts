import { rtnetlink } from '../../host/index.ts';
import { crashpoint } from '../../kit/index.ts';
import { aliasOf, bridgeName, rulesOf } from '../bridge/wire.ts';
import { forgetForwarding } from '../firewall/host-forward.ts';
import { lowerLine } from '../macvlan/line.ts';
import { isLineDriver } from '../macvlan/options.ts';
import type { NetworkRecord } from '../records/record.ts';
import { firewallOf, type State } from '../state.ts';

/** Takes a network's bridge and its place in the firewall away, as far as they are there; a bridge that somebody else made stays. */
export async function lower(state: State, record: NetworkRecord): Promise<void> {
  const line = state.lines.get(record.id);
  state.lines.delete(record.id);
  if (line) lowerLine(state.route, line, state.lines.values(), state.options.bridge);
  if (isLineDriver(record.driver)) return;
  const wire = state.wires.get(record.id);
  if (wire) firewallOf(state).dismiss(rulesOf(wire));
  state.wires.delete(record.id);
  crashpoint('network.dismissed');
  const name = bridgeName(record, state.options.bridge);
  const link = rtnetlink.links(state.route).find((found) => found.name === name);
  if (link?.alias === aliasOf(state.options.bridge)) {
    state.route.send(`remove bridge ${name}`, [rtnetlink.deleteLink(link.index)]);
    crashpoint('network.lowered');
  }
  if (!state.options.strict) await forgetForwarding(state.netfilter, name);
}
