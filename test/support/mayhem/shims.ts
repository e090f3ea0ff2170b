import { readdirSync, readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Engine } from '../engine.ts';

/** A monitor that lives. */
export interface LivingShim {
  pid: number;
  kind: 'containers' | 'exec';
  id: string;
}

/** The monitors of that engine's processes; those that wait for work are none yet. */
export function livingShims({ directory }: Pick<Engine, 'directory'>): LivingShim[] {
  const execRoot = join(directory, 'exec');
  return readdirSync('/proc').flatMap((pid) => {
    const start = /^\d+$/.test(pid) ? directoryOf(pid) : undefined;
    if (!start?.startsWith(`${execRoot}/`)) return [];
    const kind = basename(dirname(start)) === 'exec' ? 'exec' : 'containers';
    return [{ pid: Number(pid), kind, id: basename(start).replace(/ \(deleted\)$/, '') } as const];
  });
}

/** The directory of its start is its sixth fd. */
function directoryOf(pid: string): string | undefined {
  try {
    if (!readlinkSync(`/proc/${pid}/exe`).includes('tug-shim')) return undefined;
    return readlinkSync(`/proc/${pid}/fd/6`);
  } catch {
    return undefined; // no process any more, or one without
  }
}
