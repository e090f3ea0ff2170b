import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../kit/index.ts';
import type { CheckpointRequest } from '../contract.ts';
import { command } from '../oci/compile.ts';
import { commandEnvironment, inPath } from '../oci/runtimes.ts';
import { whyFailed } from '../oci/why-failed.ts';
import { recordOf } from '../process/bury.ts';
import type { Room } from '../room.ts';
import { outliveParent } from './core-image.ts';
import { criuErrors, descriptorsOf, dumpArguments } from './criu.ts';

/** See Runtime.checkpoint; `path` is the directory of the container's start. */
export async function checkpoint(room: Room, path: string, request: CheckpointRequest): Promise<void> {
  const work = mkdtempSync(join(path, 'checkpoint-'));
  try {
    const { oci } = recordOf(path);
    if (oci) await byRuntime(path, { ...request, runtime: oci.runtime, work });
    else await byCriu(room, { ...request, work });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function byCriu(room: Room, request: CheckpointRequest & { work: string }): Promise<void> {
  const { stdio, images, pid, work } = request;
  if (stdio.tty) {
    throw new EngineError(
      'unsupported',
      'a terminal is only checkpointed by runc: create the container with --runtime runc',
    );
  }
  const criu = inPath('criu');
  if (criu === undefined) throw noCriu();
  const descriptors = descriptorsOf(pid);
  const core = join(images, `core-${innerPid(pid)}.img`);
  const failure = await whyFailed(
    [criu, ...dumpArguments({ ...request, cgroups: room.cgroups })],
    commandEnvironment(),
  );
  if (failure !== undefined) {
    throw new EngineError('internal', `criu failed: ${criuErrors(join(work, 'dump.log')) ?? failure}`);
  }
  const image = readFileSync(core);
  if (outliveParent(image)) writeFileSync(core, image);
  writeFileSync(join(images, 'descriptors.json'), JSON.stringify(descriptors), { mode: 0o600 });
}

/** Its number in its own namespace. */
function innerPid(pid: number): string {
  const numbers = /^NSpid:\s+(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  return numbers.split(/\s+/).at(-1) ?? '';
}

type RuntimeRequest = CheckpointRequest & { work: string; runtime: Parameters<typeof command>[0] };

async function byRuntime(path: string, { id, images, work, leaveRunning, runtime }: RuntimeRequest): Promise<void> {
  const places = ['--image-path', images, '--work-path', work];
  const { args, env } = command(
    runtime,
    path,
    ['checkpoint', ...places, ...(leaveRunning ? ['--leave-running'] : []), id],
    work,
  );
  const failure = await whyFailed(args, env);
  if (failure === undefined) return;
  if (inPath('criu') === undefined) throw noCriu();
  throw new EngineError('internal', `${runtime.path} failed: ${criuErrors(join(work, 'dump.log')) ?? failure}`);
}

/** In runc's words. */
const noCriu = (): EngineError =>
  new EngineError('internal', 'CRIU version check failed: exec: "criu": executable file not found in $PATH');
