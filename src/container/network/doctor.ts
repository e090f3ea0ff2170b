import { readFileSync } from 'node:fs';
import type { Diagnosis } from '../../network/index.ts';
import type { Context } from '../context.ts';
import { resolve } from '../lookup.ts';

/** See Containers.diagnose. */
export function diagnose(context: Context, from: string, to: string): Diagnosis {
  if (/^\d{1,5}$/.test(from) && to === '') return ofPort(context, Number(from));
  if (/^\d{1,5}$/.test(to)) return ofPort(context, Number(to));
  const [first, second] = [resolve(context.store, from), resolve(context.store, to)];
  return context.networks.diagnose({ from: first.id, to: second.id });
}

function ofPort(context: Context, port: number): Diagnosis {
  return context.networks.diagnose({
    port,
    listening: (containerId, { protocol, containerPort }) => {
      const pid = context.runs.get(containerId)?.process.pid;
      return pid !== undefined && [protocol, `${protocol}6`].some((table) => isBound(pid, table, containerPort));
    },
  });
}

/** Whether a socket in the process's network namespace waits at a port. */
function isBound(pid: number, table: string, port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  try {
    const lines = readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n');
    return lines.some((line) => {
      const [, local = '', remote = '', state = ''] = line.trim().split(/\s+/);
      return local.endsWith(`:${hex}`) && remote.endsWith(':0000') && (table.startsWith('udp') || state === '0A');
    });
  } catch {
    return false; // it has ended, or the kernel knows no such protocol
  }
}
