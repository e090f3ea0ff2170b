import { existsSync, readFileSync } from 'node:fs';
import { isStub } from './resolv-conf.ts';

/** The host's own files that containers' are made from, read anew each time. */
export interface HostFiles {
  hosts(): string;
  /** `shared` is for containers in the host's namespace: they can reach a resolver on the host's loopback. */
  resolvConf(shared: boolean): { path: string; text: string };
  /** The ends of the range of ports that are free for anyone. */
  ephemeralPorts(): [first: number, last: number];
}

const resolved = '/run/systemd/resolve/resolv.conf';

export function createHostFiles(): HostFiles {
  return {
    hosts: () => textOf('/etc/hosts'),
    resolvConf(shared) {
      const path = '/etc/resolv.conf';
      const text = textOf(path);
      if (shared || !isStub(text) || !existsSync(resolved)) return { path, text };
      return { path: resolved, text: textOf(resolved) };
    },
    ephemeralPorts() {
      const [first = 32_768, last = 60_999] = textOf('/proc/sys/net/ipv4/ip_local_port_range')
        .trim()
        .split(/\s+/)
        .map(Number);
      return [first, last];
    },
  };
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
