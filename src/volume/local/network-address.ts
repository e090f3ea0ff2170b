import { lookup } from 'node:dns/promises';
import { isIP, isIPv4 } from 'node:net';
import { EngineError, messageOf } from '../../kit/index.ts';

/** What mount(2) is given for a network file system. */
export interface Remote {
  type: string;
  device: string;
  /** Options, comma-separated. */
  o: string;
}

/**
 * mount(2) knows no names, so that the host in `addr=` (or, for cifs without one, in the device's URL) is replaced by its address,
 * as Docker does. Other types are left as they are.
 */
export async function resolveRemote(remote: Remote): Promise<Remote> {
  const { type, device, o } = remote;
  if (type !== 'nfs' && type !== 'cifs') return remote;
  const address = optionOf(o, 'addr');
  if (address && !isIPv4(address)) {
    return { ...remote, o: o.replace(`addr=${address}`, `addr=${await addressOf(address)}`) };
  }
  if (type !== 'cifs' || address) return remote;
  const [, head = '', host = '', rest = ''] = /^((?:[a-z]+:)?\/\/)([^/:]+)(.*)$/is.exec(device) ?? [];
  if (host === '' || isIP(host)) return remote;
  return { ...remote, device: `${head}${await addressOf(host)}${rest}` };
}

/** The value of `name=value` among comma-separated options; empty where there is none. */
export function optionOf(options: string, name: string): string {
  const found = options.split(',').find((word) => word.startsWith(`${name}=`));
  return found?.slice(name.length + 1) ?? '';
}

async function addressOf(host: string): Promise<string> {
  if (isIP(host)) return host;
  try {
    const all = await lookup(host, { all: true });
    const found = all.find(({ family }) => family === 4) ?? all[0];
    if (!found) throw new Error('no such host');
    return found.address;
  } catch (error) {
    const why = (error as { code?: string }).code === 'ENOTFOUND' ? `lookup ${host}: no such host` : messageOf(error);
    throw new EngineError('internal', `error resolving passed in network volume address: ${why}`, error);
  }
}
