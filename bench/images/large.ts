import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from '../../test/support/command.ts';
import { startDockerRegistry } from '../../test/support/docker-registry.ts';
import type { Engine } from '../../test/support/engine.ts';
import { memory, quietly, tug } from '../sides.ts';

const megabyte = 1 << 20;
const size = 2048;

/** The most memory that the engine takes while a layer of 2 GB comes in and goes out. */
export async function large(engine: Engine, directory: string): Promise<void> {
  const registry = await startDockerRegistry();
  if (!registry) throw new Error('docker-registry is not installed');
  const tar = join(directory, 'large.tar');
  const saved = join(directory, 'saved.tar');
  const remote = `${registry.host}/large:1`;
  const ours = (...args: string[]) => quietly([tug, ...args], engine.host);
  try {
    await makeLarge(directory, tar);
    await most(engine, 'import', () => ours('import', tar, remote));
    await most(engine, 'push', () => ours('push', '-q', remote));
    await most(engine, 'save', () => ours('save', '-o', saved, remote));
    await ours('rmi', remote);
    await most(engine, 'load', () => ours('load', '-q', '-i', saved));
    await ours('rmi', remote);
    await most(engine, 'pull', () => ours('pull', '-q', remote));
    await ours('rmi', remote);
  } finally {
    await registry.close();
  }
}

/** One file of 2 GB; an eighth of it is noise. */
async function makeLarge(directory: string, tar: string): Promise<void> {
  const file = await open(join(directory, 'large'), 'w');
  for (let at = 0; at < size; at++) {
    const block = Buffer.alloc(megabyte, `block ${at}\n`);
    crypto.getRandomValues(block.subarray(0, megabyte / 16));
    crypto.getRandomValues(block.subarray(megabyte / 2, megabyte / 2 + megabyte / 16));
    await file.write(block);
  }
  await file.close();
  await must(['tar', '-C', directory, '--remove-files', '-cf', tar, 'large'], { timeout: 300_000 });
}

async function most(engine: Engine, what: string, work: () => Promise<void>): Promise<void> {
  // 5: the mark of the highest resident size begins again.
  writeFileSync(`/proc/${engine.pid()}/clear_refs`, '5');
  const start = performance.now();
  await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const megabytes = (memory(engine.pid(), 'status', 'VmHWM') / 1024).toFixed(0);
  console.log(
    `${`${what} of a layer of 2 GB`.padEnd(48)} ${seconds} s, engine's RSS at most ${megabytes} MB (goal < 200)`,
  );
}
