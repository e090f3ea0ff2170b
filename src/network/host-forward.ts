import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { type NetlinkSocket, nfnetlink, nft } from '../host/index.ts';
import { crashpoint, type Log, messageOf } from '../kit/index.ts';

const run = promisify(execFile);
const forwardHook = 2;
const dropPolicy = 0;
const mark = 'tug';

/**
 * Where the host's iptables drop what they do not know (the policy of FORWARD is DROP: another engine, ufw), appends an accept
 * for the bridge, once, behind all that the host has to say itself. What may pass on the bridge is for our own table to say.
 */
export async function admitForwarding(options: { socket: NetlinkSocket; bridge: string; log: Log }): Promise<void> {
  const { socket, bridge, log } = options;
  if (nfnetlink.chains(socket).some(drops)) admitByNft(socket, bridge);
  if (!legacyTables().includes('filter')) return;
  try {
    await admitByLegacy(bridge);
  } catch (error) {
    log.warn('the host’s legacy iptables may drop what containers send and get', { error: messageOf(error) });
  }
}

function drops({ table, name, hook, policy }: nfnetlink.ChainInfo): boolean {
  return table === 'filter' && name === 'FORWARD' && hook === forwardHook && policy === dropPolicy;
}

/** The rule as iptables-nft writes it itself, so that it can show and delete it. */
function admitByNft(socket: NetlinkSocket, bridge: string): void {
  const comment = `${mark} ${bridge}`;
  if (nfnetlink.ruleComments(socket, 'filter', 'FORWARD').includes(comment)) return;
  const accept = [...nft.counter(), ...nft.accept()];
  nfnetlink.commit(socket, 'admit the bridge past the policy of FORWARD', [
    nfnetlink.newRule('filter', 'FORWARD', [...nft.iifname(bridge), ...accept], comment),
    nfnetlink.newRule('filter', 'FORWARD', [...nft.oifname(bridge), ...accept], comment),
  ]);
  crashpoint('network.forward');
}

function legacyTables(): string[] {
  const path = '/proc/thread-self/net/ip_tables_names';
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
}

async function iptables(...args: string[]): Promise<string> {
  return (await run('iptables-legacy', ['-w', '5', ...args])).stdout;
}

/** Only the program can change a table of the old kind, which is replaced as a whole under a lock of its own. */
async function admitByLegacy(bridge: string): Promise<void> {
  const rules = (await iptables('-S', 'FORWARD')).split('\n');
  if (!rules.includes('-P FORWARD DROP')) return;
  for (const direction of ['-i', '-o']) {
    if (rules.includes(`-A FORWARD ${direction} ${bridge} -j ACCEPT`)) continue;
    await iptables('-A', 'FORWARD', direction, bridge, '-j', 'ACCEPT');
    crashpoint('network.forward');
  }
}
