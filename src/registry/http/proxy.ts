import { BlockList, isIP } from 'node:net';
import type { ProxySettings } from '../settings.ts';

/** The proxy for a URL; undefined where there is none. This machine itself is never asked through one. */
export function proxyFor(url: URL, proxies: ProxySettings): string | undefined {
  const proxy = url.protocol === 'https:' ? proxies.https : proxies.http;
  if (proxy === '') return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (host === 'localhost' || isIn(host, '127.0.0.0/8') || isIn(host, '::1/128')) return undefined;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const isDirect = proxies.none.split(',').some((entry) => covers(entry.trim().toLowerCase(), host, port));
  return isDirect ? undefined : proxy.includes('://') ? proxy : `http://${proxy}`;
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  if (entry.includes('/')) return isIn(host, entry);
  const [, name = '', wanted] = /^(\[[^\]]*\]|[^:]*|[0-9a-f:]*)(?::(\d+))?$/.exec(entry) ?? [];
  if (wanted !== undefined && wanted !== port && isIP(entry) === 0) return false;
  const plain = isIP(entry) > 0 ? entry : name.replace(/^\[|\]$/g, '');
  if (isIP(plain) > 0) return host === plain;
  const domain = plain.replace(/^\*?\./, '');
  const below = host.endsWith(`.${domain}`);
  // With a dot before it only what is below the domain is meant.
  return /^\*?\./.test(plain) ? below : below || host === domain;
}

/** Whether an address lies in a network (`10.0.0.0/8`). */
export function isIn(address: string, network: string): boolean {
  const [base = '', bits = ''] = network.split('/');
  if (isIP(address) === 0 || isIP(base) !== isIP(address) || !/^\d+$/.test(bits)) return false;
  const family = isIP(base) === 6 ? 'ipv6' : 'ipv4';
  if (Number(bits) > (family === 'ipv6' ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(base, Number(bits), family);
  return list.check(address, family);
}
