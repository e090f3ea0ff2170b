import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cgroups, killMember } from '../../host/index.ts';
import type { Log } from '../../kit/index.ts';
import type { OciRuntime } from '../contract.ts';
import { command } from './compile.ts';
import { isCrun } from './runtimes.ts';
import { whyFailed } from './why-failed.ts';

/** Lets a runtime forget a container whose processes have ended. What it fails of is logged: its state goes with the directory. */
export async function clearAfter(input: {
  path: string;
  id: string;
  runtime: OciRuntime;
  cgroups: Cgroups;
  log: Log;
}): Promise<void> {
  const { path, id, runtime, log } = input;
  if (!existsSync(join(path, 'state', id))) return;
  // Without force first: with it, runc waits a while even for what has ended.
  const gentle = await remove(input, []);
  const failed = gentle && (await remove(input, ['--force']));
  if (failed) log.warn('a runtime could not delete a container', { id, runtime: runtime.path, error: failed });
}

async function remove(
  { path, id, runtime, cgroups }: Parameters<typeof clearAfter>[0],
  flags: string[],
): Promise<string | undefined> {
  const { args, env } = command(runtime, path, ['delete', ...flags, id]);
  const hidden = isCrun(runtime) && cgroups.mode === 'hybrid' ? cgroups.unified?.mountPoint : undefined;
  const whole = hidden ? [...without(hidden), ...args] : args;
  return whyFailed(whole, env);
}

/** Runs what follows in a mount namespace where nothing is mounted at `path`. */
const without = (path: string) => [
  'unshare',
  '--mount',
  '--propagation=private',
  'sh',
  '-c',
  'umount -l "$0" && exec "$@"',
  path,
];

/** Ends the process of an exec whose monitor is gone, if it still runs in the container's cgroup. */
export function endExec(cgroups: Cgroups, path: string, cgroup: string): void {
  // A monitor that saw the end has said so, and the number may be another's by now.
  if (!existsSync(join(path, 'running')) || existsSync(join(path, 'exit'))) return;
  let pid: number;
  try {
    pid = Number(readFileSync(join(path, 'pid'), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // it never came to be, or all is cleared already
    throw error;
  }
  if (pid > 0) killMember(cgroups, cgroup, pid);
}
