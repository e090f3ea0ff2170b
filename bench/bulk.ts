import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sideBySide } from './measure.ts';
import { report } from './report.ts';
import { api, quietly, type Sides, tug } from './sides.ts';

const megabyte = 1 << 20;

/** Much at once: a gigabyte of log, a gigabyte in one file, 20,000 small files. */
export async function bulk(sides: Sides): Promise<void> {
  await logs(sides);
  await copies(sides);
}

const both = (sides: Sides, command: string[]) => ({
  tug: () => quietly([tug, ...command], sides.engine.host),
  docker: () => quietly(['docker', ...command], `unix://${sides.peer}`),
});

async function logs(sides: Sides): Promise<void> {
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

async function copies(sides: Sides): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tug-bench-'));
  const name = `bench-cp-${process.pid}`;
  try {
    const block = Buffer.alloc(megabyte, 'tug');
    writeFileSync(join(directory, 'large'), '');
    for (let at = 0; at < 1024; at++) writeFileSync(join(directory, 'large'), block, { flag: 'a' });
    const tree = join(directory, 'tree');
    for (let at = 0; at < 20_000; at++) {
      if (at % 200 === 0) mkdirSync(join(tree, String(at / 200)), { recursive: true });
      writeFileSync(join(tree, String(Math.floor(at / 200)), String(at)), `file ${at}\n`);
    }
    for (const socket of [sides.engine.socket, sides.peer])
      await api(socket, 'POST', `/containers/create?name=${name}`, { Image: 'busybox', Cmd: ['true'] });
    await copy(sides, 'cp of 1 GB into a container', [join(directory, 'large'), `${name}:/large`]);
    await copy(sides, 'cp of 1 GB out of a container', [`${name}:/large`, join(directory, 'back')]);
    await copy(sides, 'cp of 20,000 files into a container', [tree, `${name}:/tree`]);
    await copy(sides, 'cp of 20,000 files out of a container', [`${name}:/tree`, join(directory, 'trees')]);
    await remove(sides, name);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function copy(sides: Sides, what: string, [from = '', to = '']: string[]): Promise<void> {
  report(what, (await sideBySide(both(sides, ['cp', '-q', from, to]), once)) as never, 3);
}

async function remove(sides: Sides, name: string): Promise<void> {
  for (const socket of [sides.engine.socket, sides.peer]) await api(socket, 'DELETE', `/containers/${name}?force=1`);
}
