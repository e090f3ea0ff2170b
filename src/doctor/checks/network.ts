import { isIP } from 'node:net';
import type { Check, Host, Symptom } from '../contract.ts';
import { symptom } from './symptom.ts';

/** What packets of containers meet on the host. */
export const network: Check = (host) => [
  ...symptom(host.read('/proc/sys/net/ipv4/ip_forward')?.trim() !== '1', {
    id: 'ip-forward',
    gravity: 'warning',
    text: 'IPv4 forwarding is off: containers reach nobody but the host',
    mend: 'sysctl -w net.ipv4.ip_forward=1, and the same in /etc/sysctl.d; restart the engine',
  }),
  ...symptom(host.read('/proc/sys/net/ipv4/conf/all/rp_filter')?.trim() === '1', {
    id: 'rp-filter',
    gravity: 'note',
    text: 'rp_filter is strict: answers that come in by another way are dropped, as of machines with two uplinks',
    mend: 'sysctl -w net.ipv4.conf.all.rp_filter=2',
  }),
  ...symptom(host.read('/proc/sys/net/bridge/bridge-nf-call-iptables')?.trim() === '1', {
    id: 'bridge-nf-call',
    gravity: 'note',
    text: "the host's iptables also judge packets between containers of one network",
    mend: 'sysctl -w net.bridge.bridge-nf-call-iptables=0, unless another engine wants it',
  }),
  ...symptom(
    host.exists('/proc/sys/net/ipv6') && host.read('/proc/sys/net/ipv6/conf/all/disable_ipv6')?.trim() === '1',
    {
      id: 'ipv6',
      gravity: 'note',
      text: 'IPv6 is turned off: networks made with --ipv6 do not work',
      mend: 'sysctl -w net.ipv6.conf.all.disable_ipv6=0',
    },
  ),
  ...symptom(!host.exists('/proc/net/netfilter'), {
    id: 'nftables',
    gravity: 'error',
    text: 'the kernel has no netfilter: no port can be published',
    mend: 'boot a kernel with CONFIG_NF_TABLES',
  }),
  ...firewalls(host),
  ...ports(host),
  ...names(host),
];

/** Rules of others, which come before or after the engine's own; packets have to pass all of them. */
function firewalls(host: Host): Symptom[] {
  const dropping = host
    .chains()
    .filter(({ hook, drops, table }) => hook === 'forward' && drops && !table.startsWith('tug'));
  return dropping.map(({ family, table, name }) => ({
    id: 'foreign-firewall',
    gravity: 'note' as const,
    text: `the chain ${name} of the table ${family} ${table} drops what it does not know: another engine, or a firewall`,
    mend: `the engine admits its own traffic there unless firewall is strict; see nft list chain ${family} ${table} ${name}`,
  }));
}

/** Ports that are drawn for connections out are also those that containers get when they publish without naming one. */
function ports(host: Host): Symptom[] {
  const [low = 0, high = 0] = (host.read('/proc/sys/net/ipv4/ip_local_port_range') ?? '')
    .trim()
    .split(/\s+/)
    .map(Number);
  return symptom(high > 0 && high - low < 1000, {
    id: 'port-range',
    gravity: 'warning',
    text: `there are only ${high - low + 1} ports for connections out and for ports that nobody named`,
    mend: 'sysctl -w net.ipv4.ip_local_port_range="32768 60999"',
  });
}

function names(host: Host): Symptom[] {
  const text = host.read('/etc/resolv.conf');
  const servers = [...(text ?? '').matchAll(/^nameserver\s+(\S+)/gm)].map(([, server = '']) => server);
  const wrong = servers.filter((server) => isIP(server.replace(/%.*$/, '')) === 0);
  const local = servers.length > 0 && servers.every((server) => /^127\.|^::1$/.test(server));
  const resolved = host.read('/run/systemd/resolve/resolv.conf') !== undefined;
  return [
    ...symptom(servers.length === 0, {
      id: 'dns-none',
      gravity: 'warning',
      text: '/etc/resolv.conf names no server: containers ask 8.8.8.8',
      mend: 'name one there, or with --dns',
    }),
    ...symptom(wrong.length > 0, {
      id: 'dns-wrong',
      gravity: 'warning',
      text: `/etc/resolv.conf names servers that are no addresses: ${wrong.join(', ')}`,
      mend: 'write addresses',
    }),
    ...symptom(local && !resolved, {
      id: 'dns-loopback',
      gravity: 'note',
      text: 'the only name servers are on the host itself: the engine asks them for the containers of networks, others ask 8.8.8.8',
      mend: 'name one that containers reach with --dns',
    }),
  ];
}
