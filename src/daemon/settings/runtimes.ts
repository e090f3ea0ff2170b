import { refuse } from '../options/words.ts';

/** OCI runtimes by name. */
export type Runtimes = Record<string, { path: string; args: string[] }>;

/** What is said of one runtime, in the file's form. */
interface Directive {
  path?: unknown;
  runtimeArgs?: unknown;
  runtimeType?: unknown;
  options?: unknown;
}

const reserved = new Set(['native', 'runc', 'io.containerd.runc.v2']);

/** The runtimes that were named; a wrong one is refused in Docker's words. */
export function readRuntimes(given: Map<string, unknown>): Runtimes {
  const runtimes: Runtimes = {};
  for (const [name, directive] of given) {
    if (reserved.has(name)) throw refuse(`runtime name '${name}' is reserved`);
    runtimes[name] = runtimeOf(name, (directive ?? {}) as Directive);
  }
  return runtimes;
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
function binaryName(type: string, options: unknown, wrong: (why: string) => Error): string {
  if (type !== 'io.containerd.runc.v2') throw wrong(`runtimeType ${type} is not supported`);
  const { BinaryName = 'runc', ...others } = (options ?? {}) as { BinaryName?: string };
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw wrong(`option ${unknown} is not supported`);
  return BinaryName;
}
