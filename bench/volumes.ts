import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sideBySide } from './measure.ts';
import { report } from './report.ts';
import { api, quietly, type Sides, tug } from './sides.ts';

const often = { rounds: 5, pause: 300 };
const image = 'bench-tree';

/** A volume that an image fills, what differs from an image, and files on their way in and out past a volume. */
export async function volumes(sides: Sides): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tug-bench-'));
  try {
    await makeImage(sides, directory);
    await copyUp(sides, '/tree/0', 50);
    await copyUp(sides, '/tree', 5000);
    await differences(sides);
    await copies(sides, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
    for (const socket of both(sides)) await api(socket, 'DELETE', `/images/${image}?force=1`);
  }
}

const both = ({ engine, peer }: Sides): string[] => [engine.socket, peer];

/** 5,000 files of 4 kB in 100 directories below /tree, and a program to run. */
async function makeImage(sides: Sides, directory: string): Promise<void> {
  const root = join(directory, 'root');
  for (let at = 0; at < 5000; at++) {
    const below = join(root, 'tree', String(at % 100));
    if (at < 100) mkdirSync(below, { recursive: true });
    writeFileSync(join(below, String(at)), Buffer.alloc(4096, String(at)));
  }
  mkdirSync(join(root, 'bin'));
  const busybox = join(root, 'bin/busybox');
  writeFileSync(busybox, await Bun.file('/bin/busybox').bytes(), { mode: 0o755 });
  const tar = join(directory, 'image.tar');
  await quietly(['tar', '-C', root, '-cf', tar, '.'], '');
  await quietly([tug, 'import', tar, image], sides.engine.host);
  await quietly(['docker', 'import', tar, image], `unix://${sides.peer}`);
}

const create = async (socket: string, Cmd: string[], HostConfig: object = {}) =>
  ((await api(socket, 'POST', '/containers/create', { Image: image, Cmd, HostConfig })) as { Id: string }).Id;

const remove = (socket: string, id: string) => api(socket, 'DELETE', `/containers/${id}?force=1&v=1`);

/** Each start fills a volume of its own; that is most of what it takes. */
async function copyUp(sides: Sides, target: string, files: number): Promise<void> {
  const fill = (socket: string) => async () => {
    const id = await create(socket, ['/bin/busybox', 'true'], { Mounts: [{ Type: 'volume', Target: target }] });
    await api(socket, 'POST', `/containers/${id}/start`);
    await api(socket, 'POST', `/containers/${id}/wait`);
    await remove(socket, id);
  };
  const figures = await sideBySide({ tug: fill(sides.engine.socket), docker: fill(sides.peer) }, often);
  report(`run that fills a volume with ${files} files`, figures as never, 3);
}

async function differences(sides: Sides): Promise<void> {
  const script = 'cd /tree; for d in *; do for f in $d/*; do echo >$f; done; done; mkdir /new; touch /new/file';
  const ids = new Map<string, string>();
  for (const socket of both(sides)) {
    const id = await create(socket, ['/bin/busybox', 'sh', '-c', script.replaceAll('mkdir', '/bin/busybox mkdir')]);
    ids.set(socket, id);
    await api(socket, 'POST', `/containers/${id}/start`);
    await api(socket, 'POST', `/containers/${id}/wait`);
  }
  const changes = (socket: string) => async () =>
    void (await api(socket, 'GET', `/containers/${ids.get(socket)}/changes`));
  const figures = await sideBySide({ tug: changes(sides.engine.socket), docker: changes(sides.peer) }, often);
  report('diff of 5,000 changed files', figures as never, 3);
  for (const [socket, id] of ids) await remove(socket, id);
}

/** Containers that do not run, with a volume and a bind, which have to be found first. */
async function copies(sides: Sides, directory: string): Promise<void> {
  const name = `bench-volume-${process.pid}`;
  const hostConfig = { Binds: [`${directory}:/host`], Mounts: [{ Type: 'volume', Target: '/data' }] };
  for (const socket of both(sides)) {
    const body = { Image: image, Cmd: ['/bin/busybox'], HostConfig: hostConfig };
    await api(socket, 'POST', `/containers/create?name=${name}`, body);
  }
  const copy = async (what: string, from: string, to: string) => {
    const command = ['cp', '-q', from, to];
    const figures = await sideBySide(
      {
        tug: () => quietly([tug, ...command], sides.engine.host),
        docker: () => quietly(['docker', ...command], `unix://${sides.peer}`),
      },
      often,
    );
    report(what, figures as never, 3);
  };
  await copy('cp of 5,000 files into a volume', join(directory, 'root/tree'), `${name}:/data`);
  await copy('cp of 5,000 files out of a volume', `${name}:/data`, join(directory, 'back'));
  await copy('cp of a small file into a stopped container', join(directory, 'root/tree/0/0'), `${name}:/small`);
  for (const socket of both(sides)) await api(socket, 'DELETE', `/containers/${name}?force=1&v=1`);
}
