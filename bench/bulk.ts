import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sideBySide } from './measure.ts';
import { report } from './report.ts';
import { api, quietly, type Sides, tug } from './sides.ts';

const megabyte = 1 << 20;

const both = (sides: Sides, command: string[]) => ({
  tug: () => quietly([tug, ...command], sides.engine.host),
  docker: () => quietly(['docker', ...command], `unix://${sides.peer}`),
});

/** A gigabyte of log, read whole and from its end. */
export async function logs(sides: Sides): Promise<void> {
  const name = `bench-log-${process.pid}`;
  // Unbounded on both sides: what is compared is the reading of the same gigabyte.
  const config = { Type: 'json-file', Config: { 'max-size': '4g' } };
  const lines = `yes ${'0123456789'.repeat(10)} | head -c 1000000000`;
  for (const socket of [sides.engine.socket, sides.peer]) {
    const body = { Image: 'busybox', Cmd: ['sh', '-c', lines], HostConfig: { LogConfig: config } };
    await api(socket, 'POST', `/containers/create?name=${name}`, body);
    await api(socket, 'POST', `/containers/${name}/start`);
    await api(socket, 'POST', `/containers/${name}/wait`);
  }
  report('logs of 1 GB, each its own CLI', (await sideBySide(both(sides, ['logs', name]), once)) as never, 3);
  report('logs --tail 10 of it', (await sideBySide(both(sides, ['logs', '--tail', '10', name]), often)) as never, 1);
  await remove(sides, name);
}

const once = { rounds: 3, pause: 500 };
const often = { rounds: 7, pause: 300 };

/** Large and small files, both ways; a plain copy of the same on the same disk tells what the disk allows. */
export async function copies(sides: Sides): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tug-bench-'));
  const name = `bench-cp-${process.pid}`;
  const at = (path: string) => join(directory, path);
  // Each round has directories of its own: a file system is slow to use places again that were freed just now.
  let round = 0;
  const fresh = (path: string) => `${path}-${round++}`;
  try {
    const [large, tree] = [makeLarge(directory), makeTree(directory)];
    for (const socket of [sides.engine.socket, sides.peer])
      await api(socket, 'POST', `/containers/create?name=${name}`, { Image: 'busybox', Cmd: ['true'] });
    await copy(sides, 'cp of 1 GB into a container', {
      words: () => [large, `${name}:/large`],
      plain: () => [large, at('plain')],
    });
    await copy(sides, 'cp of 1 GB out of a container', {
      words: () => [`${name}:/large`, at('back')],
      plain: () => [large, at('plain')],
    });
    await copy(sides, 'cp of 20,000 files into a container', {
      words: () => [tree, fresh(`${name}:/tree`)],
      plain: () => [tree, fresh(at('plain'))],
    });
    for (const run of Object.values(both(sides, ['cp', '-q', tree, `${name}:/tree`]))) await run();
    await copy(sides, 'cp of 20,000 files out of a container', {
      words: () => [`${name}:/tree`, fresh(at('back'))],
      plain: () => [tree, fresh(at('plain'))],
    });
    await remove(sides, name);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function makeLarge(directory: string): string {
  const path = join(directory, 'large');
  const block = Buffer.alloc(megabyte, 'tug');
  for (let at = 0; at < 1024; at++) writeFileSync(path, block, { flag: 'a' });
  return path;
}

function makeTree(directory: string): string {
  const tree = join(directory, 'tree');
  for (let at = 0; at < 20_000; at++) {
    if (at % 200 === 0) mkdirSync(join(tree, String(at / 200)), { recursive: true });
    writeFileSync(join(tree, String(Math.floor(at / 200)), String(at)), `file ${at}\n`);
  }
  return tree;
}

/** From and to, of one more copy at each call: of either side's `cp`, and of the plain one. */
interface Copy {
  words(): [from: string, to: string];
  plain(): [from: string, to: string];
}

async function copy(sides: Sides, what: string, { words, plain }: Copy): Promise<void> {
  const works = {
    tug: () => both(sides, ['cp', '-q', ...words()]).tug(),
    docker: () => both(sides, ['cp', '-q', ...words()]).docker(),
    disk: () => quietly(['cp', '-a', '--remove-destination', ...plain()], ''),
  };
  // What one has left to be written to the disk is not the next one's to wait for.
  const before = () => quietly(['sync', '-f', tmpdir()], '');
  report(what, (await sideBySide(works, { ...once, before })) as never, 3);
}

async function remove(sides: Sides, name: string): Promise<void> {
  for (const socket of [sides.engine.socket, sides.peer]) await api(socket, 'DELETE', `/containers/${name}?force=1`);
}
