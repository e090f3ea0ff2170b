import { EngineError } from '../kit/index.ts';
import type { Settings } from './flags.ts';

type Runtimes = Settings['runtimes'];

/** What `daemon.json` says of one runtime. */
interface Directive {
  path?: unknown;
  runtimeArgs?: unknown;
  runtimeType?: unknown;
  options?: unknown;
}

const reserved = new Set(['native', 'runc', 'io.containerd.runc.v2']);
const refuse = (message: string): EngineError => new EngineError('invalid', message);

/** The runtimes of `name=path`, where a path may also be what `directiveRuntimes` made of the file. */
export function parseRuntimes(given: string[]): Runtimes {
  const runtimes: Runtimes = {};
  for (const entry of given) {
    const [, rawName = '', rawPath = ''] = /^([^=]*)=(.*)$/s.exec(entry) ?? [];
    const [name, path] = [rawName.trim().toLowerCase(), rawPath.trim()];
    if (!name || !path) throw refuse(`invalid runtime specified: ${entry}`);
    if (reserved.has(name)) throw refuse(`runtime name '${name}' is reserved`);
    if (Object.hasOwn(runtimes, name)) throw refuse(`runtime '${name}' was already defined`);
    runtimes[name] = path.startsWith('{') ? (JSON.parse(path) as Runtimes[string]) : { path, args: [] };
  }
  return runtimes;
}

/** The `runtimes` of the configuration file, in the form of the command line's. */
export function directiveRuntimes(value: unknown, refuseFile: (why: string) => EngineError): string[] {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject) throw refuseFile('invalid JSON: runtimes must be an object');
  return Object.entries(value).map(([name, directive]) => {
    const runtime = runtimeOf(name, (directive ?? {}) as Directive);
    return `${name}=${JSON.stringify(runtime)}`;
  });
}

function runtimeOf(name: string, directive: Directive): Runtimes[string] {
  const { path = '', runtimeArgs, runtimeType = '', options } = directive;
  const wrong = (why: string) => refuse(`runtime ${name}: ${why}`);
  const args = runtimeArgs ?? [];
  if (typeof path !== 'string' || typeof runtimeType !== 'string') throw wrong('path and runtimeType must be strings');
  if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string')) {
    throw wrong('runtimeArgs must be a list of strings');
  }
  if (path === '' && runtimeType === '') throw wrong('either a runtimeType or a path must be configured');
  if (path !== '' && runtimeType !== '') throw wrong('cannot configure both path and runtimeType for the same runtime');
  if (path === '' && args.length > 0) throw wrong('cannot use runtimeArgs with a runtimeType set');
  if (path !== '' && options !== undefined) throw wrong('options cannot be used with a path runtime');
  return { path: path || binaryName(runtimeType, options, wrong), args };
}

/** Of containerd's shims only the one for OCI runtimes has a meaning here. */
function binaryName(type: string, options: unknown, wrong: (why: string) => EngineError): string {
  if (type !== 'io.containerd.runc.v2') throw wrong(`runtimeType ${type} is not supported`);
  const { BinaryName = 'runc', ...others } = (options ?? {}) as { BinaryName?: string };
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw wrong(`option ${unknown} is not supported`);
  return BinaryName;
}
