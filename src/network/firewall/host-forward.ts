import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { type NetlinkSocket, nfnetlink, nft } from '../../host/index.ts';
import { crashpoint, type Log, messageOf } from '../../kit/index.ts';

const run = promisify(execFile);
const forwardHook = 2;
const dropPolicy = 0;
const mark = 'tug';

/**
 * Where the host's firewall drops what it does not know (the policy of iptables' FORWARD is DROP: another engine, ufw; firewalld), appends
 * an accept for the bridges, once each, behind all that the host has to say itself. What may pass on them is for our own table to say.
 */
export async function admitForwarding(options: { socket: NetlinkSocket; bridges: string[]; log: Log }): Promise<void> {
  const { socket, bridges, log } = options;
  for (const place of placesIn(socket)) {
    try {
      admitByNft(socket, place, bridges);
    } catch (error) {
      log.warn('the host’s firewall may drop what containers send and get', {
        table: place.table.name,
        error: messageOf(error),
      });
    }
  }
  for (const { program, tables } of oldTables) {
    if (!namesIn(tables).includes('filter')) continue;
    try {
      for (const bridge of bridges) await admitByLegacy(program, bridge);
    } catch (error) {
      log.warn('the host’s legacy iptables may drop what containers send and get', { error: messageOf(error) });
    }
  }
}

/** Takes the accepts for a bridge that is gone away again. */
export async function forgetForwarding(socket: NetlinkSocket, bridge: string): Promise<void> {
  for (const { table, chain } of placesIn(socket)) {
    const ours = nfnetlink.rules(socket, table, chain).filter(({ comment }) => comment === commentOf(bridge));
    nfnetlink.commit(
      socket,
      'forget a bridge in FORWARD',
      ours.map(({ handle }) => nfnetlink.deleteRule(table, chain, handle)),
    );
  }
  for (const { program, tables } of oldTables) {
    if (!namesIn(tables).includes('filter')) continue;
    const rules = (await iptables(program, '-S', 'FORWARD')).split('\n');
    for (const direction of ['-i', '-o']) {
      if (!rules.includes(`-A FORWARD ${direction} ${bridge} -j ACCEPT`)) continue;
      await iptables(program, '-D', 'FORWARD', direction, bridge, '-j', 'ACCEPT');
    }
  }
}

const oldTables = [
  { program: 'iptables-legacy', tables: '/proc/thread-self/net/ip_tables_names' },
  { program: 'ip6tables-legacy', tables: '/proc/thread-self/net/ip6_tables_names' },
];

interface HostChain {
  table: nfnetlink.Table;
  chain: string;
}

/** The chains of the host at whose end everything is dropped that is not accepted there. */
function placesIn(socket: NetlinkSocket): HostChain[] {
  return nfnetlink
    .chains(socket)
    .filter((chain) => drops(chain) || endsFirewalld(chain))
    .map(({ family, table, name }) => ({ table: { family, name: table }, chain: name }));
}

function drops({ family, table, name, hook, policy }: nfnetlink.ChainInfo): boolean {
  const isIptables = family === nfnetlink.Family.ipv4 || family === nfnetlink.Family.ipv6;
  return isIptables && table === 'filter' && name === 'FORWARD' && hook === forwardHook && policy === dropPolicy;
}

/** What firewalld asks last before it rejects, in every zone, and leaves empty itself. */
function endsFirewalld({ family, table, name }: nfnetlink.ChainInfo): boolean {
  return family === nfnetlink.Family.inet && table === 'firewalld' && name === 'filter_FORWARD_POLICIES_post';
}

const commentOf = (bridge: string): string => `${mark} ${bridge}`;

/** The rules as iptables-nft writes them itself, so that it can show and delete them. */
function admitByNft(socket: NetlinkSocket, { table, chain }: HostChain, bridges: string[]): void {
  const present = new Set(nfnetlink.rules(socket, table, chain).map(({ comment }) => comment));
  const accept = [...nft.counter(), ...nft.accept()];
  const missing = bridges.filter((bridge) => !present.has(commentOf(bridge)));
  if (missing.length === 0) return;
  nfnetlink.commit(
    socket,
    'admit bridges past the policy of FORWARD',
    missing.flatMap((bridge) => [
      nfnetlink.newRule(table, chain, [...nft.iifname(bridge), ...accept], commentOf(bridge)),
      nfnetlink.newRule(table, chain, [...nft.oifname(bridge), ...accept], commentOf(bridge)),
    ]),
  );
  crashpoint('network.forward');
}

function namesIn(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
}

async function iptables(program: string, ...args: string[]): Promise<string> {
  return (await run(program, ['-w', '5', ...args])).stdout;
}

/** Only the program can change a table of the old kind, which is replaced as a whole under a lock of its own. */
async function admitByLegacy(program: string, bridge: string): Promise<void> {
  const rules = (await iptables(program, '-S', 'FORWARD')).split('\n');
  if (!rules.includes('-P FORWARD DROP')) return;
  for (const direction of ['-i', '-o']) {
    if (rules.includes(`-A FORWARD ${direction} ${bridge} -j ACCEPT`)) continue;
    await iptables(program, '-A', 'FORWARD', direction, bridge, '-j', 'ACCEPT');
    crashpoint('network.forward');
  }
}
