import { accessSync, constants, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { OciRuntime } from '../contract.ts';

/** The runtime that is this room's own. */
export const native = 'native';

const usual = ['runc', 'crun', 'runsc'];

/**
 * The runtimes of this machine by name: what is configured, and the usual ones that PATH has. Docker's name for what its shim runs
 * by default means runc.
 */
export function findRuntimes(configured: Record<string, OciRuntime>): Map<string, OciRuntime> {
  const found = usual.flatMap((name): [string, OciRuntime][] => {
    const path = inPath(name);
    return path ? [[name, { path, args: [] }]] : [];
  });
  const runtimes = new Map([...found, ...Object.entries(configured)]);
  const runc = runtimes.get('runc');
  if (runc) runtimes.set('io.containerd.runc.v2', runc);
  return runtimes;
}

/** The runtime of that name; an absolute path is one by itself. A configured name may be any file in PATH. */
export function runtimeOf(runtimes: Map<string, OciRuntime>, name: string): OciRuntime | undefined {
  const runtime =
    runtimes.get(name) ?? (name.startsWith('/') && isProgram(name) ? { path: name, args: [] } : undefined);
  if (!runtime || runtime.path.includes('/')) return runtime;
  return { ...runtime, path: inPath(runtime.path) ?? runtime.path };
}

/** crun refuses a hybrid machine, so that the v2 hierarchy has to be out of its sight; and it asks twice for an exec's terminal. */
export const isCrun = ({ path }: OciRuntime): boolean => basename(path).startsWith('crun');

/** What a runtime's commands find in their environment. */
export const commandEnvironment = (): string[] => [`PATH=${searchPath()}`];

const searchPath = () => process.env.PATH || '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Where PATH has a program. */
export function inPath(name: string): string | undefined {
  return searchPath()
    .split(':')
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => join(directory, name))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // whatever the reason, it cannot be executed
  }
}
