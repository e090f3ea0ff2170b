import { nfnetlink, nft } from '../host/index.ts';
import { maskOf, type Subnet } from './subnets.ts';

/** The whole of the engine's firewall for one bridge: a constant, but for the elements of its two maps. */
export interface Ruleset {
  table: string;
  bridge: string;
  subnet: Subnet;
}

/** The map of ports published on every address of the host, and the one of those on a certain address. */
export const everyAddress = 'published';
export const certainAddress = 'published_at';

/** Ours is `tug`; engines beside it on other bridges have `tug_BRIDGE`. */
export const tableOf = (bridge: string): string => (bridge === 'tug0' ? 'tug' : `tug_${bridge}`);

const word = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value >>> 0);
  return out;
};

const { ipv4, protocol, port } = nfnetlink.NftType;
const prerouting = 0;
const forward = 2;
const output = 3;
const postrouting = 4;

/**
 * One transaction that makes the table as it must be, whether it was there or not. The administrator's chain TUG-USER and the
 * maps keep what they hold.
 */
export function rulesetMessages(ruleset: Ruleset): Buffer[] {
  const { table } = ruleset;
  const chains = chainsOf(ruleset);
  return [
    nfnetlink.newTable(table),
    nfnetlink.newMap(table, everyAddress, 1, { key: [protocol, port], data: [ipv4, port] }),
    nfnetlink.newMap(table, certainAddress, 2, { key: [ipv4, protocol, port], data: [ipv4, port] }),
    nfnetlink.newChain(table, 'TUG-USER'),
    ...chains.map(({ name, hook }) => nfnetlink.newChain(table, name, hook)),
    ...chains.map(({ name }) => nfnetlink.flushChain(table, name)),
    ...chains.flatMap(({ name, rules }) => rules.map((rule) => nfnetlink.newRule(table, name, rule))),
  ];
}

/** Whoever flushes the host's ruleset takes these away. */
export const chainNames = ['TUG-USER', 'publish', 'guard', 'prerouting', 'output', 'postrouting', 'forward'];

interface Chain {
  name: string;
  hook?: nfnetlink.Hook;
  rules: Buffer[][];
}

function chainsOf({ bridge, subnet }: Ruleset): Chain[] {
  const loopback = { ip: word(0x7f000000), mask: word(0xff000000) };
  const ours = { ip: word(subnet.base), mask: word(maskOf(subnet.prefix)) };
  return [
    {
      name: 'publish',
      rules: [
        [...nft.destinationNotLocal(), ...nft.returns()],
        nft.dnatByMap(certainAddress, true),
        nft.dnatByMap(everyAddress, false),
      ],
    },
    {
      // route_localnet lets 127/8 over the bridge: only our own translated packets may make use of it.
      name: 'guard',
      hook: { type: 'filter', number: prerouting, priority: -300 },
      rules: [
        [...nft.iifname(bridge), ...nft.daddr(loopback), ...nft.drop()],
        [...nft.iifname(bridge), ...nft.saddr(loopback), ...nft.drop()],
      ],
    },
    {
      // A neighbour may send us packets to 127.0.0.1: translated here they would escape the kernel's martian check.
      name: 'prerouting',
      hook: { type: 'nat', number: prerouting, priority: -100 },
      rules: [[...nft.daddr(loopback), ...nft.returns()], nft.jump('publish')],
    },
    { name: 'output', hook: { type: 'nat', number: output, priority: -100 }, rules: [nft.jump('publish')] },
    {
      name: 'postrouting',
      hook: { type: 'nat', number: postrouting, priority: 100 },
      rules: [
        [...nft.saddr(ours), ...nft.oifnameNot(bridge), ...nft.masquerade()],
        [...nft.saddr(loopback), ...nft.oifname(bridge), ...nft.masquerade()],
        // From a container to a published port of its own network: the answer must come back through us.
        [...nft.saddr(ours), ...nft.oifname(bridge), ...nft.ctDnat(), ...nft.masquerade()],
      ],
    },
    {
      name: 'forward',
      hook: { type: 'filter', number: forward, priority: 0 },
      rules: [
        [...nft.iifnameNot(bridge), ...nft.oifnameNot(bridge), ...nft.accept()],
        nft.jump('TUG-USER'),
        [...nft.iifname(bridge), ...nft.accept()],
        [...nft.ctEstablishedOrRelated(), ...nft.accept()],
        [...nft.ctDnat(), ...nft.accept()],
        nft.drop(),
      ],
    },
  ];
}
