import { isIP } from '../network/address.ts';

/** stdin, stdout or stderr, in lower case. */
export function attachTarget(text: string): string {
  const name = text.toLowerCase();
  if (!['stdin', 'stdout', 'stderr'].includes(name)) {
    throw new Error('valid streams are STDIN, STDOUT and STDERR');
  }
  return name;
}

/** `name:address`; `=` stands for the colon, brackets around the address go. */
export function extraHost(text: string): string {
  const at = text.search(/[:=]/);
  const name = text.slice(0, Math.max(at, 0));
  const address = text.slice(at + 1).replace(/^\[(.*)\]$/, '$1');
  if (at <= 0) throw new Error(`bad format for add-host: ${JSON.stringify(text)}`);
  if (address !== 'host-gateway' && isIP(address) === 0) {
    throw new Error(`invalid IP address in add-host: ${JSON.stringify(address)}`);
  }
  return `${name}:${address}`;
}

/** An address as it is. */
export function ipAddress(text: string): string {
  const address = text.trim();
  if (isIP(address) === 0) throw new Error(`IP address is not correctly formatted: ${text}`);
  return address;
}

/** A link-local address; the engine judges whether it is one. */
export function linkLocal(text: string): string {
  if (isIP(text) === 0) throw new Error(`IP address is not correctly formatted: ${text}`);
  return text;
}

/** A domain to search, or `.` for none. */
export function dnsSearch(text: string): string {
  const domain = text.trim();
  if (domain === '.') return domain;
  const label = '[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?';
  if (domain.length > 254 || !new RegExp(`^${label}(\\.${label})*\\.?$`).test(domain)) {
    throw new Error(`${domain} is not a valid domain`);
  }
  return domain;
}

/** `name[:alias]` of a container to link to. */
export function containerLink(text: string): string {
  if (text === '') throw new Error('empty string specified for links');
  if (text.split(':').length > 2) throw new Error(`bad format for links: ${text}`);
  return text;
}

/** A volume: `[source:]/target[:options]`. */
export function joinPath(text: string): string {
  if (text === '') throw new Error('invalid empty volume spec');
  return text;
}

/** A capability by the name the engine lists it under; `all` stands for each. */
export function capability(text: string): string {
  const name = text.trim().toUpperCase();
  return name === 'ALL' || name.startsWith('CAP_') ? name : `CAP_${name}`;
}

const ownSysctls = new Set(
  'msgmax msgmnb msgmni sem shmall shmmax shmmni shm_rmid_forced'.split(' ').map((name) => `kernel.${name}`),
);

/** A setting that belongs to the container's namespaces, `name=value`. */
export function sysctl(text: string): string {
  const name = text.split('=')[0] ?? '';
  const isOwn = ownSysctls.has(name) || name.startsWith('net.') || name.startsWith('fs.mqueue.');
  if (!text.includes('=') || name === '' || !isOwn) throw new Error(`sysctl '${text}' is not allowed`);
  return text;
}
