import { readFileSync } from 'node:fs';

/** What the kernel says of a process, read without touching its memory: that could wait as long as the process does. */
export interface ProcessState {
  pid: number;
  /** The first 15 characters of its program's name. */
  name: string;
  /** One letter: `D` waits in the kernel and cannot be interrupted, `T` is stopped, `Z` has ended. */
  state: string;
  /** The kernel's function it waits in; empty where it waits in none, or nobody may know. */
  wchan: string;
}

/** The state of one process; undefined where there is none. */
export function processState(pid: number): ProcessState | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  const [, name = '', state = ''] = /^\d+ \((.*)\) (\S)/s.exec(stat) ?? [];
  if (state === '') return undefined;
  const wchan = textOf(`/proc/${pid}/wchan`).trim();
  return { pid, name, state, wchan: wchan === '0' ? '' : wchan };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it has gone
  }
}
