import { readBoolean, readInt, refuse } from './words.ts';

export interface Ulimit {
  Name: string;
  Soft: number;
  Hard: number;
}

const limits = new Set(
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(' '),
);

/** `nofile=1024:2048`, `core=-1`. */
export function readUlimit(text: string): Ulimit {
  const [name = '', value] = split(text, '=');
  if (value === undefined) throw refuse(`invalid ulimit argument: ${text}`);
  if (!limits.has(name)) throw refuse(`invalid ulimit type: ${name}`);
  const parts = value.split(':');
  if (parts.length > 2)
    throw refuse(`too many limit value arguments - ${value}, can only have up to two, \`soft[:hard]\``);
  const [soft = 0, hard = soft] = parts.map(readInt);
  if (hard !== -1 && (soft === -1 || soft > hard)) {
    throw refuse(`ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`);
  }
  return { Name: name, Soft: soft, Hard: hard };
}

/** `base=10.0.0.0/8,size=24` */
export function readPool(text: string): { base: string; size: number } {
  const pool = { base: '', size: 0 };
  for (const field of text.split(',')) {
    const [key = '', value] = split(field, '=');
    if (value === undefined) throw refuse(`invalid field '${field}' must be a key=value pair`);
    if (key === 'base') pool.base = checkPrefix(value, (why) => `invalid base prefix ${JSON.stringify(value)}: ${why}`);
    else if (key === 'size') pool.size = readSize(value, text);
    else throw refuse(`unexpected key '${key}' in '${field}'`);
  }
  return pool;
}

function readSize(value: string, text: string): number {
  if (/^[+-]?\d+$/.test(value)) return Number(value);
  const why = `strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`;
  throw refuse(`invalid size value: ${JSON.stringify(text)} (must be integer): ${why}`);
}

/** An address with its prefix length, as Go's netip reads it. */
export function checkPrefix(text: string, words: (why: string) => string = (why) => why): string {
  const at = text.lastIndexOf('/');
  if (at < 0) throw refuse(words(`netip.ParsePrefix(${JSON.stringify(text)}): no '/'`));
  if (!/^\d{1,3}$/.test(text.slice(at + 1))) {
    throw refuse(
      words(`netip.ParsePrefix(${JSON.stringify(text)}): bad bits after slash: ${JSON.stringify(text.slice(at + 1))}`),
    );
  }
  return text;
}

/** `bridge=com.docker.network.driver.mtu=1400`, into the others. */
export function addNetworkOption(text: string, all: Map<string, unknown>): void {
  const [driver = '', rest = ''] = split(text, '=');
  const [key = '', value] = split(rest, '=');
  if (value === undefined) {
    throw refuse(`invalid value ${JSON.stringify(text)} for map option, should be root-key=key=value`);
  }
  all.set(driver, { ...(all.get(driver) as object | undefined), [key]: value });
}

/** `name=true`, or the name alone. */
export function readFeature(text: string): [name: string, on: boolean] {
  const [name = '', value = 'true'] = split(text, '=');
  return [name, readBoolean(value)];
}

/** What stands before the first separator, and after it if there is one. */
export function split(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
