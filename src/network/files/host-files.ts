import { existsSync, readFileSync } from 'node:fs';
import { isStub } from './resolv-conf.ts';

/** The host's own files that containers' are made from, read anew each time; an absent one is empty. */
export interface HostFiles {
  hosts(): string;
  /** `shared` is for containers in the host's namespace: they can reach a resolver on the host's loopback. */
  resolvConf(shared: boolean): { path: string; text: string };
  /** The ends of the range of ports that are free for anyone, as it is when first asked for. */
  ephemeralPorts(): [first: number, last: number];
  /** Whether the host speaks IPv6, as of the first question. */
  hasIpv6(): boolean;
}

const resolved = '/run/systemd/resolve/resolv.conf';

export function createHostFiles(): HostFiles {
  let ipv6: boolean | undefined;
  let range: [first: number, last: number] | undefined;
  return {
    hosts: () => textOf('/etc/hosts'),
    resolvConf(shared) {
      const path = '/etc/resolv.conf';
      const text = textOf(path);
      const upstream = !shared && isStub(text) ? textOf(resolved) : '';
      return upstream === '' ? { path, text } : { path: resolved, text: upstream };
    },
    hasIpv6() {
      ipv6 ??= existsSync('/proc/net/if_inet6');
      return ipv6;
    },
    ephemeralPorts() {
      range ??= rangeOf(textOf('/proc/sys/net/ipv4/ip_local_port_range'));
      return range;
    },
  };
}

function rangeOf(text: string): [first: number, last: number] {
  const [, first = '32768', last = '60999'] = /^(\d+)\s+(\d+)/.exec(text) ?? [];
  return [Number(first), Number(last)];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
