import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crashpoint, EngineError, messageOf } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import { loadSpec } from '../life/start/spec-file.ts';
import { stdioOf } from '../life/start/stdio.ts';
import { resolve } from '../lookup.ts';
import { type ContainerRow, getRow } from '../row.ts';
import type { ContainerCheckpoints, FromCheckpoint } from './contract.ts';
import { checkName, checkpointRoot, findCheckpoint, listCheckpoints } from './places.ts';
import { checkpointsOf, keepCheckpoints } from './records.ts';
import { brokenSeal, seal } from './seal.ts';

/** See ContainerCheckpoints. */
export function createCheckpoints(context: Context): ContainerCheckpoints {
  return {
    async createCheckpoint(reference, options) {
      const { id } = resolve(context.store, reference);
      await context.locks.run(id, () => create(context, id, { ...options, reference }));
    },
    async checkpoints(reference, { directory }) {
      const { id } = resolve(context.store, reference);
      const root = checkpointRoot(context, id, directory);
      if (!directory && !existsSync(root)) return [];
      try {
        return (await listCheckpoints(root)).map((Name) => ({ Name }));
      } catch (error) {
        throw new EngineError('internal', `checkpoint  does not exist for container ${reference}`, error);
      }
    },
    async removeCheckpoint(reference, { name, directory }) {
      const { id } = resolve(context.store, reference);
      await context.locks.run(id, async () => {
        const path = findCheckpoint(checkpointRoot(context, id, directory), plainName(name, reference), reference);
        if (!directory) forget(context, id, name);
        await rm(path, { recursive: true });
      });
    },
  };
}

interface Creation {
  reference: string;
  name: string;
  directory?: string;
  exit: boolean;
}

async function create(context: Context, id: string, { reference, name, directory, exit }: Creation): Promise<void> {
  const row = getRow(context.store, id);
  const run = context.runs.get(id);
  if (!run || row.state !== 'running') throw new EngineError('conflict', `container ${id} is not running`);
  checkName(name);
  const root = checkpointRoot(context, id, directory);
  const path = join(root, name);
  if (existsSync(path)) {
    const exists = `checkpoint with name ${name} already exists for container ${reference}`;
    throw new EngineError('internal', `cannot checkpoint container ${reference}: ${exists}`);
  }
  // No name of a checkpoint begins with a point: what a kill leaves there is none.
  const draft = join(root, `.${name}`);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  const stopping = run.stopping;
  run.stopping ||= exit;
  try {
    const launch = { spec: loadSpec(context, id), stdio: stdioOf(row), pid: run.process.pid };
    await context.runtime.checkpoint({ ...launch, id, images: draft, leaveRunning: !exit });
    crashpoint('container.checkpointed');
    if (!directory) await record(context, id, name, draft);
    renameSync(draft, path);
    crashpoint('container.checkpointNamed');
  } catch (error) {
    run.stopping = stopping;
    rmSync(draft, { recursive: true, force: true });
    throw new EngineError('internal', `Cannot checkpoint container ${reference}: ${messageOf(error)}`, error);
  }
  context.events.publish(row, 'checkpoint');
}

/** One that lies elsewhere is never restored: what is in it anybody may have changed. */
async function record(context: Context, id: string, name: string, draft: string): Promise<void> {
  const sealed = await seal(draft);
  const all = { ...checkpointsOf(context.store, id), [name]: sealed };
  context.store.update((tx) => keepCheckpoints(tx, id, all));
}

function forget(context: Context, id: string, name: string): void {
  const { [name]: _, ...rest } = checkpointsOf(context.store, id);
  context.store.update((tx) => keepCheckpoints(tx, id, rest));
  crashpoint('container.checkpointForgotten');
}

/** A name that leads elsewhere is that of no checkpoint. */
function plainName(name: string, reference: string): string {
  if (/^[^/.][^/]*$/.test(name)) return name;
  throw new EngineError('internal', `checkpoint ${name} does not exist for container ${reference}`);
}

/** The directory of a checkpoint to go on from, looked through to the last byte; what this engine did not make for the container is refused. */
export async function checkedImages(context: Context, row: ContainerRow, from: FromCheckpoint): Promise<string> {
  const { name, directory } = from;
  if (directory) throw new EngineError('forbidden', 'custom checkpointdir is not supported');
  const shown = `/${row.name}`;
  const path = findCheckpoint(checkpointRoot(context, row.id), plainName(name, shown), shown);
  const sealed = checkpointsOf(context.store, row.id)[name];
  const why = sealed ? await brokenSeal(path, sealed) : 'it was not made here';
  if (why !== undefined) {
    throw new EngineError('forbidden', `checkpoint ${name} of container ${shown} is not what the engine wrote: ${why}`);
  }
  return path;
}
