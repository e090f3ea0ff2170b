import type { Json } from '../../api/decode/index.ts';
import { checkPrefix, type Ulimit } from './named.ts';
import type { Kind, Value } from './option.ts';
import { checkIp, readBytes, refuse } from './words.ts';

const goTypes: Record<Kind, string> = {
  string: 'string',
  boolean: 'bool',
  int: 'int',
  bytes: 'string',
  ip: 'net.IP',
  ips: '[]net.IP',
  list: '[]string',
  hosts: '[]string',
  labels: '[]string',
  domains: '[]string',
  mirrors: '[]string',
  map: 'map[string]string',
  features: 'map[string]bool',
  networkOptions: 'map[string]map[string]string',
  pools: 'opts.PoolsOpt',
  runtimes: 'map[string]system.Runtime',
  registries: 'map[string]registry.Prefix',
  ulimits: 'map[string]*units.Ulimit',
};

const named: Kind[] = ['map', 'features', 'networkOptions', 'runtimes', 'registries', 'ulimits'];

/** Whether values of that kind have names. */
export const isNamedKind = (kind: Kind): boolean => named.includes(kind);

/** The value of a directive of the file; what does not fit is refused as Go's JSON decoder does. */
export function fromFile(kind: Kind, key: string, json: Json): Value {
  const misfit = (type: string) => unfit(json, `Go struct field Config.${key}`, type);
  switch (kind) {
    case 'string':
      if (json.kind !== 'string') throw misfit('string');
      return json.value;
    case 'boolean':
      if (json.kind !== 'bool') throw misfit('bool');
      return json.value;
    case 'int':
      if (json.kind !== 'number' || !/^-?\d+$/.test(json.text)) throw misfit('int');
      return Number(json.text);
    case 'bytes':
      if (json.kind !== 'string') throw refuse(`invalid size: "${JSON.stringify(plain(json))}"`);
      return readBytes(json.value, "'");
    case 'ip':
      if (json.kind !== 'string') throw misfit('net.IP: JSON value must be string type');
      return checkIp(json.value, (wrong) => `invalid IP address: ${wrong}`);
    default:
      if (isNamedKind(kind)) {
        if (json.kind !== 'object') throw misfit(goTypes[kind]);
        return new Map(json.members.map(([name, value]) => [name, member(kind, `${key}.${name}`, value)]));
      }
      if (json.kind !== 'array') throw misfit(goTypes[kind]);
      if (kind === 'pools') return json.items.map(poolOf);
      return json.items.map((item, index) => entryOf(kind, `Config.${key}.${index}`, item));
  }
}

function unfit(json: Json, where: string, type: string) {
  const what = json.kind === 'number' && type === 'int' ? `number ${json.text}` : json.kind;
  return refuse(`json: cannot unmarshal ${what} into ${where} of type ${type}`);
}

function entryOf(kind: Kind, where: string, item: Json): string {
  const type = kind === 'ips' ? 'net.IP: JSON value must be string type' : 'string';
  if (item.kind !== 'string') throw unfit(item, where, type);
  return kind === 'ips' ? checkIp(item.value, (wrong) => `invalid IP address: ${wrong}`) : item.value;
}

function member(kind: Kind, path: string, json: Json): unknown {
  const misfit = (type: string) => unfit(json, `Go struct field Config.${path}`, type);
  if (kind === 'map') {
    if (json.kind !== 'string') throw misfit('string');
    return json.value;
  }
  if (kind === 'features') {
    if (json.kind !== 'bool') throw misfit('bool');
    return json.value;
  }
  if (json.kind !== 'object') throw misfit(kind === 'ulimits' ? 'units.Ulimit' : goTypes.map);
  if (kind === 'networkOptions') {
    return Object.fromEntries(json.members.map(([name, value]) => [name, member('map', `${path}.${name}`, value)]));
  }
  return kind === 'ulimits' ? ulimitOf(path, json) : plain(json);
}

function ulimitOf(path: string, json: Json & { kind: 'object' }): Ulimit {
  const limit: Ulimit = { Name: path.slice(path.indexOf('.') + 1), Soft: 0, Hard: 0 };
  for (const [name, value] of json.members) {
    const field = (['Name', 'Soft', 'Hard'] as const).find((known) => known.toLowerCase() === name.toLowerCase());
    if (field === 'Name') limit.Name = fromFile('string', `${path}.${name}`, value) as string;
    else if (field) limit[field] = fromFile('int', `${path}.${name}`, value) as number;
  }
  return limit;
}

function poolOf(json: Json): { base: string; size: number } {
  const pool = (plain(json) ?? {}) as { base?: unknown; size?: unknown };
  const base = checkPrefix(typeof pool.base === 'string' ? pool.base : '');
  return { base, size: typeof pool.size === 'number' ? pool.size : 0 };
}

/** JSON as JavaScript has it. */
export function plain(json: Json): unknown {
  switch (json.kind) {
    case 'null':
      return null;
    case 'number':
      return Number(json.text);
    case 'array':
      return json.items.map(plain);
    case 'object':
      return Object.fromEntries(json.members.map(([name, value]) => [name, plain(value)]));
    default:
      return json.value;
  }
}
