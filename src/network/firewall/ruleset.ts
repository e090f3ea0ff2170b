import { nfnetlink, nft } from '../../host/index.ts';

/** The whole of the engine's firewall: rules that never change, over sets and maps that say what is there. */

/** Ours is `tug`; engines beside it on other bridges have `tug_BRIDGE`. */
export const tableOf = (bridge: string): nfnetlink.Table => ({
  family: nfnetlink.Family.inet,
  name: bridge === 'tug0' ? 'tug' : `tug_${bridge}`,
});

const { ipv4, ipv6, protocol, port, interface: link } = nfnetlink.NftType;

/** By name, what each holds. Those of interfaces are about bridges. */
export const collections = {
  /** All that are ours. */
  bridges: { key: [link] },
  /** `bridge . bridge` of those whose containers may talk to each other, and `interface . bridge` of those that are trusted. */
  together: { key: [link, link] },
  /** The addresses of containers. */
  subnets: { key: [ipv4], interval: true },
  subnets6: { key: [ipv6], interval: true },
  /** Nothing comes in or goes out. */
  internal: { key: [link] },
  /** What goes out takes this address of the host's. */
  source: { key: [link], data: [ipv4] },
  source6: { key: [link], data: [ipv6] },
  /** Else what goes out takes the host's address on its way. */
  masquerade: { key: [link] },
  masquerade6: { key: [link] },
  /** Routed from outside: pings may come in. */
  routed: { key: [link] },
  routed6: { key: [link] },
  /** Everything may come in from outside. */
  open: { key: [link] },
  open6: { key: [link] },
  /** Ports published on every address of the host, and those on a certain one. */
  published: { key: [protocol, port], data: [ipv4, port] },
  published_at: { key: [ipv4, protocol, port], data: [ipv4, port] },
  published6: { key: [protocol, port], data: [ipv6, port] },
  published6_at: { key: [ipv6, protocol, port], data: [ipv6, port] },
  /** Ports of containers on routed networks that may be reached as they are. */
  reachable: { key: [ipv4, protocol, port] },
  reachable6: { key: [ipv6, protocol, port] },
} satisfies Record<string, nfnetlink.MapTypes>;

export type CollectionName = keyof typeof collections;
export const collectionNames = Object.keys(collections) as CollectionName[];

const prerouting = 0;
const forward = 2;
const output = 3;
const postrouting = 4;

/**
 * One transaction that makes the table as it must be, whether it was there or not. The administrator's chain TUG-USER, sets and
 * maps keep what they hold.
 */
export function rulesetMessages(table: nfnetlink.Table): Buffer[] {
  const chains = chainsOf();
  return [
    nfnetlink.newTable(table),
    ...collectionNames.map((name, index) => nfnetlink.newMap(table, name, index + 1, collections[name])),
    nfnetlink.newChain(table, 'TUG-USER'),
    ...chains.map(({ name, hook }) => nfnetlink.newChain(table, name, hook)),
    ...chains.map(({ name }) => nfnetlink.flushChain(table, name)),
    ...chains.flatMap(({ name, rules }) => rules.map((rule) => nfnetlink.newRule(table, name, rule))),
  ];
}

interface Chain {
  name: string;
  hook?: nfnetlink.Hook;
  rules: Buffer[][];
}

const { ip4, ip6 } = nft;
const loopback = { ip: Buffer.from([127, 0, 0, 0]), mask: Buffer.from([255, 0, 0, 0]) };
const loopback6 = { ip: Buffer.concat([Buffer.alloc(15), Buffer.from([1])]), mask: Buffer.alloc(16, 0xff) };
const icmp = 1;
const icmp6 = 58;

function chainsOf(): Chain[] {
  return [...translation(), guard(), forwarding()];
}

/** Whoever flushes the host's ruleset takes these away. */
export const chainNames = ['TUG-USER', ...chainsOf().map(({ name }) => name)];

function translation(): Chain[] {
  return [
    {
      name: 'publish',
      rules: [
        [...nft.destinationNotLocal(), ...nft.returns()],
        nft.dnatByMap(ip4, 'published_at', true),
        nft.dnatByMap(ip4, 'published', false),
      ],
    },
    {
      name: 'publish6',
      rules: [
        [...nft.destinationNotLocal(), ...nft.returns()],
        nft.dnatByMap(ip6, 'published6_at', true),
        nft.dnatByMap(ip6, 'published6', false),
      ],
    },
    {
      // A neighbour may send us packets to 127.0.0.1: translated here they would escape the kernel's martian check.
      name: 'prerouting',
      hook: { type: 'nat', number: prerouting, priority: -100 },
      rules: [
        [...nft.daddr(ip4, loopback), ...nft.returns()],
        [...nft.nfproto(ip4), ...nft.jump('publish')],
        [...nft.nfproto(ip6), ...nft.jump('publish6')],
      ],
    },
    {
      // What goes to ::1 could not leave the host: the kernel has no route_localnet for IPv6.
      name: 'output',
      hook: { type: 'nat', number: output, priority: -100 },
      rules: [
        [...nft.nfproto(ip4), ...nft.jump('publish')],
        [...nft.daddr(ip6, loopback6), ...nft.returns()],
        [...nft.nfproto(ip6), ...nft.jump('publish6')],
      ],
    },
    {
      name: 'postrouting',
      hook: { type: 'nat', number: postrouting, priority: 100 },
      rules: [
        // From a container to a published port: the answer must come back through us. Not by the interface it came from, which is
        // unknown where bridged packets go through iptables (br_netfilter).
        [...nft.sourceIn(ip4, 'subnets'), ...nft.oifIn('bridges'), ...nft.ctDnat(), ...nft.masquerade()],
        [...nft.sourceIn(ip6, 'subnets6'), ...nft.oifIn('bridges'), ...nft.ctDnat(), ...nft.masquerade()],
        [...nft.nfproto(ip4), ...nft.oifNotIn('bridges'), ...nft.snatByMap(ip4, 'source')],
        [...nft.nfproto(ip6), ...nft.oifNotIn('bridges'), ...nft.snatByMap(ip6, 'source6')],
        [...nft.nfproto(ip4), ...nft.iifIn('masquerade'), ...nft.oifNotIn('bridges'), ...nft.masquerade()],
        [...nft.nfproto(ip6), ...nft.iifIn('masquerade6'), ...nft.oifNotIn('bridges'), ...nft.masquerade()],
        // A routed network is as far away as the outside.
        [...nft.nfproto(ip4), ...nft.iifIn('masquerade'), ...nft.oifIn('routed'), ...nft.masquerade()],
        [...nft.nfproto(ip6), ...nft.iifIn('masquerade6'), ...nft.oifIn('routed6'), ...nft.masquerade()],
        [...nft.saddr(ip4, loopback), ...nft.oifIn('bridges'), ...nft.masquerade()],
      ],
    },
  ];
}

/** route_localnet lets 127/8 over a bridge: only our own translated packets may make use of it. */
function guard(): Chain {
  return {
    name: 'guard',
    hook: { type: 'filter', number: prerouting, priority: -300 },
    rules: [
      [...nft.iifIn('bridges'), ...nft.daddr(ip4, loopback), ...nft.drop()],
      [...nft.iifIn('bridges'), ...nft.saddr(ip4, loopback), ...nft.drop()],
    ],
  };
}

function forwarding(): Chain {
  return {
    name: 'forward',
    hook: { type: 'filter', number: forward, priority: 0 },
    rules: [
      [...nft.iifNotIn('bridges'), ...nft.oifNotIn('bridges'), ...nft.accept()],
      nft.jump('TUG-USER'),
      // First, as it is what most packets are.
      [...nft.ctEstablishedOrRelated(), ...nft.accept()],
      [...nft.wayIn('together'), ...nft.accept()],
      [...nft.iifIn('internal'), ...nft.drop()],
      [...nft.oifIn('internal'), ...nft.drop()],
      [...nft.ctDnat(), ...nft.accept()],
      [...nft.destinationIn(ip4, 'reachable'), ...nft.accept()],
      [...nft.destinationIn(ip6, 'reachable6'), ...nft.accept()],
      [...nft.nfproto(ip4), ...nft.oifIn('routed'), ...nft.l4proto(icmp), ...nft.accept()],
      [...nft.nfproto(ip6), ...nft.oifIn('routed6'), ...nft.l4proto(icmp6), ...nft.accept()],
      [...nft.nfproto(ip4), ...nft.iifNotIn('bridges'), ...nft.oifIn('open'), ...nft.accept()],
      [...nft.nfproto(ip6), ...nft.iifNotIn('bridges'), ...nft.oifIn('open6'), ...nft.accept()],
      [...nft.iifIn('bridges'), ...nft.oifNotIn('bridges'), ...nft.accept()],
      nft.drop(),
    ],
  };
}
