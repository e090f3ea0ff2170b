import { readFileSync } from 'node:fs';
import type { EngineDefaults } from '../../container/index.ts';
import { messageOf } from '../../kit/index.ts';
import type { Ulimit } from '../options/named.ts';
import type { Values } from '../options/option.ts';
import { refuse } from '../options/words.ts';
import { remapOf } from './userns.ts';

/** What containers get that say nothing themselves. */
export function defaultsOf(values: Values): EngineDefaults {
  const text = (name: string): string | undefined => (values.get(name) as string | undefined) || undefined;
  const ulimits = values.get('default-ulimit') as Map<string, Ulimit> | undefined;
  const logOptions = values.get('log-opt') as Map<string, string> | undefined;
  const ipcMode = text('default-ipc-mode');
  const cgroupnsMode = text('default-cgroupns-mode') as EngineDefaults['cgroupnsMode'];
  const shmSize = values.get('default-shm-size') as number | undefined;
  return {
    logDriver: text('log-driver') ?? 'json-file',
    logOptions: Object.fromEntries(logOptions ?? []),
    ...(shmSize && { shmSize }),
    ...(ipcMode && { ipcMode }),
    ...(cgroupnsMode && { cgroupnsMode }),
    ...(ulimits && { ulimits: [...ulimits.values()] }),
    init: values.get('init') === true,
    noNewPrivileges: values.get('no-new-privileges') === true,
    ...seccompOf(text('seccomp-profile')),
    ...remapped(text('userns-remap'), { make: values.get('validate') !== true }),
  };
}

/** A quarter of all the process ids there are, unless told: no step of a build takes them from everybody else. */
export function buildLimitsOf(values: Values): { Memory?: number; PidsLimit?: number } {
  const memory = values.get('build-memory') as number | undefined;
  const asked = values.get('build-pids-limit') as number | undefined;
  const pids = asked || Math.floor(Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8')) / 4);
  return { ...(memory && { Memory: memory }), ...(pids > 0 && { PidsLimit: pids }) };
}

function remapped(asked: string | undefined, options: { make: boolean }): Pick<EngineDefaults, 'ids'> {
  const ids = asked && remapOf(asked, options);
  return ids ? { ids } : {};
}

function seccompOf(path = 'builtin'): Pick<EngineDefaults, 'seccomp'> {
  if (path === 'builtin') return {};
  if (path === 'unconfined') return { seccomp: { name: path, profile: path } };
  try {
    return { seccomp: { name: path, profile: readFileSync(path, 'utf8') } };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw refuse(
      `opening seccomp profile (${path}) failed: open ${path}: ${missing ? 'no such file or directory' : messageOf(error)}`,
    );
  }
}
