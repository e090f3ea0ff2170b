import { parseHost } from '../hosts.ts';
import { addNetworkOption, readFeature, readPool, readUlimit, split } from './named.ts';
import type { Kind, Value } from './option.ts';
import { checkDomain, checkIp, checkLabel, checkMirror, readBoolean, readBytes, readInt, refuse } from './words.ts';

/** The value after one more mention of a flag; `before` is what earlier ones made of it. Wrong words in pflag's. */
export function fromFlag(kind: Kind, text: string, before: Value | undefined): Value {
  switch (kind) {
    case 'string':
      return text;
    case 'boolean':
      return readBoolean(text);
    case 'int':
      return readInt(text);
    case 'bytes':
      return readBytes(text);
    case 'ip':
      return text === '' ? '' : checkIp(text, (wrong) => `failed to parse IP: ${JSON.stringify(wrong)}`);
    case 'pools':
      return [...((before as { base: string; size: number }[] | undefined) ?? []), readPool(text)];
    case 'map':
    case 'features':
    case 'networkOptions':
    case 'runtimes':
    case 'registries':
    case 'ulimits':
      return withName(kind, text, before as Map<string, unknown> | undefined);
    default:
      return [...((before as string[] | undefined) ?? []), ...readEntry(kind, text)];
  }
}

function readEntry(kind: 'hosts' | 'list' | 'labels' | 'domains' | 'mirrors' | 'ips', text: string): string[] {
  if (kind === 'hosts') {
    parseHost(text, '/');
    return [text];
  }
  if (kind === 'labels') return [checkLabel(text)];
  if (kind === 'domains') return [checkDomain(text)];
  if (kind === 'mirrors') return [checkMirror(text)];
  if (kind === 'list') return [text];
  return text.split(',').map((ip) => checkIp(ip, (wrong) => `invalid string being converted to IP address: ${wrong}`));
}

function withName(kind: Kind, text: string, before: Map<string, unknown> | undefined): Map<string, unknown> {
  const all = new Map(before);
  const [name = '', value = ''] = split(text, '=');
  if (kind === 'networkOptions') addNetworkOption(text, all);
  else if (kind === 'features') all.set(...readFeature(text));
  else if (kind === 'ulimits') all.set(name, readUlimit(text));
  else if (kind === 'runtimes') addRuntime(text, all);
  else if (kind === 'registries') addRegistry(text, all);
  else all.set(name, value);
  return all;
}

/** `prefix={"mirrors":[…]}`. */
function addRegistry(text: string, all: Map<string, unknown>): void {
  const [prefix = '', value = ''] = split(text, '=');
  let settings: unknown;
  try {
    settings = JSON.parse(value);
  } catch {
    // As wrong as what is no object.
  }
  if (typeof settings !== 'object' || settings === null) throw refuse(`invalid registry argument: ${text}`);
  all.set(prefix, settings);
}

function addRuntime(text: string, all: Map<string, unknown>): void {
  const [rawName = '', rawPath] = split(text, '=');
  if (rawPath === undefined) throw refuse(`invalid runtime argument: ${text}`);
  const [name, path] = [rawName.trim().toLowerCase(), rawPath.trim()];
  if (!name || !path) throw refuse(`invalid runtime argument: ${text}`);
  if (name === 'runc') throw refuse(`runtime name 'runc' is reserved`);
  if (all.has(name)) throw refuse(`runtime '${name}' was already defined`);
  all.set(name, { path });
}
