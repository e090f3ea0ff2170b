import { messageOf, newId } from '../../kit/index.ts';
import type { Process } from '../../runtime/index.ts';
import type { Context } from '../context.ts';
import { launchExec } from '../exec/exec-launch.ts';
import type { ExecRecord } from '../exec/exec-records.ts';
import type { ContainerRow } from '../row.ts';
import { type Check, type ProbeResult, probeResult, timedOut } from './health.ts';
import { createProbeOutput, type ProbeOutput } from './output.ts';

const SIGKILL = 9;

/** Runs one probe to its end; `halted` kills it. Never rejects: what goes wrong is a result as well. */
export async function runProbe(
  context: Context,
  row: ContainerRow,
  check: Check,
  halted: AbortSignal,
): Promise<ProbeResult> {
  const start = context.clock();
  const output = createProbeOutput();
  const record = newRecord(row.id, check);
  context.execs.add(record);
  context.events.ofExec(row, 'exec_create', { id: record.id, command: check.argv });
  try {
    const late = await runUntilEnd({ context, record, check, output, halted });
    const end = context.clock();
    return late
      ? timedOut(start, end, check, output.text())
      : probeResult(start, end, record.exitCode ?? -1, output.text());
  } catch (error) {
    return probeResult(start, context.clock(), -1, messageOf(error));
  }
}

function newRecord(containerId: string, { argv }: Check): ExecRecord {
  const config = { Cmd: argv, AttachStdin: false, AttachStdout: true, AttachStderr: true, Tty: false };
  return { id: newId(), containerId, config, state: 'running', exitCode: null, pid: 0, probe: true };
}

interface Running {
  context: Context;
  record: ExecRecord;
  check: Check;
  output: ProbeOutput;
  halted: AbortSignal;
}

/** Whether it took longer than it may and was killed. */
async function runUntilEnd({ context, record, check, output, halted }: Running): Promise<boolean> {
  let drained: Promise<void> | undefined;
  const launch = () =>
    launchExec({
      context,
      record,
      async ready(process) {
        const { socket } = await process.attach({ stdin: false, stdout: true, stderr: true });
        drained = output.drain(socket);
      },
    });
  const { ended } = await context.tracer.span('health.start', launch);
  let late = false;
  const kill = () => killProbe(context, record.process);
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, check.timeout);
  halted.addEventListener('abort', kill, { once: true });
  if (halted.aborted) kill();
  try {
    await drained;
    await ended;
    return late;
  } finally {
    clearTimeout(timer);
    halted.removeEventListener('abort', kill);
  }
}

/** Also for one that an engine left running: nobody will ever hear its answer. */
export function killProbe(context: Context, process: Process | undefined): void {
  // One that has ended by itself cannot be killed, which is as well.
  process?.signal(SIGKILL).catch((error) => context.log.debug('a probe could not be killed', { error }));
}
