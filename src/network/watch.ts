import { nfnetlink, rtnetlink } from '../host/index.ts';
import { messageOf } from '../kit/index.ts';
import { admitForwarding } from './host-forward.ts';
import { addressOf, setRight } from './restore.ts';
import { chainNames, tableOf } from './ruleset.ts';
import { allPublications, type State, standingOf } from './state.ts';

const interval = 3000;

/**
 * Looks every few seconds whether the bridge is still there, and whether somebody changed a ruleset of the host (one number
 * tells): if so, whether ours is still there and a policy of FORWARD has come up. Sets all right. Returns the call that ends it.
 */
export function watch(state: State): () => void {
  let seen = -1;
  const look = async (): Promise<void> => {
    const { bridge } = standingOf(state);
    if (!rtnetlink.linkExists(state.route, bridge.index)) {
      state.log.warn('the bridge was taken away; it is made again', { bridge: bridge.name });
      await setRight(state, addressOf(bridge));
    }
    const now = nfnetlink.generation(state.netfilter);
    if (now === seen) return;
    await repairFirewall(state);
    seen = nfnetlink.generation(state.netfilter);
  };
  const timer = setInterval(() => {
    look().catch((error) => state.log.error('the network could not be set right', { error: messageOf(error) }));
  }, interval);
  timer.unref();
  return () => clearInterval(timer);
}

async function repairFirewall(state: State): Promise<void> {
  const { bridge, firewall } = standingOf(state);
  const table = tableOf(bridge.name);
  const present = nfnetlink.chains(state.netfilter).filter((chain) => chain.table === table);
  const missing = chainNames.filter((name) => !present.some((chain) => chain.name === name));
  if (missing.length > 0) {
    state.log.warn('the firewall’s table was taken away; it is made again', { table, missing });
    firewall.restore(allPublications(state));
  }
  await admitForwarding({ socket: state.netfilter, bridge: bridge.name, log: state.log });
}
