import { nfnetlink, oldFilterState } from '../host/index.ts';
import { messageOf } from '../kit/index.ts';
import { bridgedIsFiltered, toLink } from './bridge/bridge.ts';
import { portUp } from './bridge/wire.ts';
import { admitForwarding } from './firewall/host-forward.ts';
import { chainNames, tableOf } from './firewall/ruleset.ts';
import { setRight } from './restore.ts';
import { firewallOf, type State } from './state.ts';

/** Whoever flushes the host's ruleset finds ours back within two seconds. */
const interval = 1500;

/**
 * Looks every so often whether the bridge is still there, and whether somebody changed a ruleset of the host (a number
 * tells, and of the old iptables a digest): if so, whether ours is still there and a policy of FORWARD has come up. Sets all right. Returns the call that ends it.
 */
export function watch(state: State): () => void {
  let seen = '';
  const rules = (): string => `${nfnetlink.generation(state.netfilter)} ${oldFilterState()}`;
  let filtered = bridgedIsFiltered();
  const look = async (): Promise<void> => {
    const gone = [...state.wires.values()].filter(({ index }) => !state.route.hasLink(index));
    if (gone.length > 0) {
      state.log.warn('a bridge was taken away; it is made again', { bridges: gone.map(({ name }) => name) });
      await setRight(state);
    }
    if (filtered !== bridgedIsFiltered()) {
      filtered = !filtered;
      isolate(state);
    }
    if (rules() === seen) return;
    await repairFirewall(state);
    seen = rules();
  };
  const timer = setInterval(() => {
    look().catch((error) => state.log.error('the network could not be set right', { error: messageOf(error) }));
  }, interval);
  timer.unref();
  return () => clearInterval(timer);
}

/** Sets the ports of networks whose containers may not talk to each other as the kernel's way of bridging asks for. */
function isolate(state: State): void {
  for (const { networkId, link } of [...state.places.values()].flatMap(({ endpoints }) => endpoints)) {
    const wire = state.wires.get(networkId);
    if (!wire || wire.options.icc || !link) continue;
    toLink(() => state.route.send('set a port of a bridge', [portUp(wire, link.index)]));
  }
}

async function repairFirewall(state: State): Promise<void> {
  const { netfilter: socket, options, log } = state;
  const table = tableOf(options.bridge);
  const present = nfnetlink
    .chains(socket)
    .filter((chain) => chain.family === table.family && chain.table === table.name);
  const missing = chainNames.filter((name) => !present.some((chain) => chain.name === name));
  const isEmpty = missing.length === 0 && nfnetlink.rules(socket, table, 'forward').length === 0;
  if (missing.length > 0 || isEmpty) {
    log.warn('the firewall’s table was taken away; it is made again', { table: table.name, missing });
    firewallOf(state).restore();
  }
  const bridges = [...state.wires.values()].map(({ name }) => name);
  if (!options.strict) await admitForwarding({ socket, bridges, log });
}
