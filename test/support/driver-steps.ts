// Run as a program: `bun driver-steps.ts <data root> <driver>` takes images and a container through their lives on a storage driver and
// prints what was seen, which is the same on every driver.
import { constants, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  closeFd,
  makeDirectoryAt,
  openDirectoryAt,
  openIn,
  readFileIn,
  removeAt,
  usingFd,
  walk,
  writeFd,
} from '../../src/host/index.ts';
import { silent } from '../../src/kit/index.ts';
import { readTar } from '../../src/oci/index.ts';
import { makeTar } from '../../src/oci/tar/make-tar.ts';
import { createSnapshots, type Snapshots } from '../../src/snapshot/index.ts';

const [root = '', driver = ''] = process.argv.slice(2);
const lower = makeTar([
  { name: 'gone', data: 'x' },
  { name: 'kept', data: 'kept', mode: 0o4755, uid: 7, gid: 8, mtime: 1_600_000_000 },
  { name: 'dir/', type: '5', mode: 0o1777 },
  { name: 'dir/hidden', data: 'x' },
  { name: 'part/', type: '5' },
  { name: 'part/one', data: '1' },
  { name: 'part/two', data: '2' },
  { name: 'soft', type: '2', linkName: 'dir' },
]);
const upper = makeTar([
  { name: '.wh.gone' },
  { name: 'dir/new', data: 'new' },
  { name: 'dir/.wh..wh..opq' },
  { name: 'part/.wh.one' },
  { name: 'second', type: '1', linkName: 'kept' },
  { name: 'soft/through', data: 'through' },
]);

async function* once(bytes: Uint8Array) {
  yield bytes;
}

async function seen(fd: number): Promise<string[]> {
  const found: string[] = [];
  const top = openDirectoryAt(fd, '.');
  for await (const { parent, name, status } of walk(top)) {
    const { kind, mode, uid, gid } = status;
    const size = kind === 'directory' ? 0 : status.size;
    const text = kind === 'file' ? readFileIn(parent, name)?.toString() : '';
    found.push([name.toString(), kind, mode.toString(8), uid, gid, size, text].join(' '));
  }
  closeFd(top);
  return found.toSorted();
}

function write(fd: number, path: string, text: string): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC;
  usingFd(openIn(fd, path, flags, { mode: 0o640 }), (file) => writeFd(file, Buffer.from(text)));
}

async function life(snapshots: Snapshots): Promise<unknown> {
  const first = (await snapshots.applyLayer({ parents: [], tar: once(lower) })).diffId;
  const second = (await snapshots.applyLayer({ parents: [first], tar: once(upper) })).diffId;
  await snapshots.create('c', [first, second]);
  const fd = snapshots.mount('c', { volatile: false });
  const before = await seen(fd);
  const untouched = await snapshots.changes('c');
  write(fd, 'written', 'by the container');
  write(fd, 'part/two', 'changed');
  removeAt(fd, 'kept', 'file');
  makeDirectoryAt(fd, 'made', 0o700);
  write(fd, 'made/inside', 'deep');
  closeFd(fd);
  const changes = await snapshots.changes('c');
  const size = await snapshots.size('c');
  const frozen = await freezing(snapshots);
  const third = (await snapshots.applyLayer({ parents: [first, second], tar: snapshots.diff('c') })).diffId;
  const entries: string[] = [];
  for await (const entry of readTar(snapshots.diff('c'))) entries.push(`${entry.name} ${entry.type} ${entry.size}`);
  await snapshots.create('d', [first, second, third]);
  const again = await usingAsync(snapshots.view('d'), seen);
  const image = await usingAsync(snapshots.viewImage([first, second]), seen);
  const damages: unknown[] = [];
  for await (const damage of snapshots.check({ full: true })) damages.push(damage);
  const whole = await snapshots.checkLayer({ diffId: second, parents: [first], tar: once(upper) }, { full: true });
  return {
    before,
    untouched,
    changes,
    size,
    frozen,
    entries: entries.toSorted(),
    again,
    image,
    damages,
    whole,
    layers: [first, second, third],
  };
}

/** What was frozen is there again, also what it had hidden; the other name has what was written since. */
async function freezing(snapshots: Snapshots): Promise<unknown> {
  const begun = await usingAsync(snapshots.view('c'), seen);
  const bytes = await snapshots.frozen.freeze('c', 'one');
  const fd = snapshots.mount('c', { volatile: false });
  write(fd, 'written', 'by the container, later');
  write(fd, 'kept', 'again');
  removeAt(fd, 'dir/new', 'file');
  write(fd, 'dir/other', 'other');
  closeFd(fd);
  const later = await usingAsync(snapshots.view('c'), seen);
  await snapshots.frozen.freeze('c', 'two');
  await snapshots.frozen.rollBack('c', 'one');
  const back = await usingAsync(snapshots.view('c'), seen);
  await snapshots.frozen.rollBack('c', 'two');
  const forth = await usingAsync(snapshots.view('c'), seen);
  // It can be written to as before.
  const last = snapshots.mount('c', { volatile: false });
  write(last, 'dir/other', 'more');
  closeFd(last);
  await snapshots.frozen.rollBack('c', 'one');
  snapshots.frozen.drop('c', 'two');
  const same = [back, forth].map((one, index) => JSON.stringify(one) === JSON.stringify([begun, later][index]));
  return { bytes, same, later, names: snapshots.frozen.names('c'), changes: await snapshots.changes('c') };
}

async function usingAsync<T>(fd: number, work: (fd: number) => Promise<T>): Promise<T> {
  try {
    return await work(fd);
  } finally {
    closeFd(fd);
  }
}

const earlier = createSnapshots({ root, log: silent, driver });
const result = (await life(earlier)) as { layers: string[] };
// Two never free the same trees: an engine has its directory to itself.
await earlier.settled();
const next = createSnapshots({ root, log: silent, driver });
const kept = await usingAsync(next.view('c'), seen);
for (const id of ['c', 'd']) await next.remove(id);
for (const layer of result.layers) await next.removeLayer(layer);
await next.settled();
const left = ['layers', 'containers', 'frozen', 'incoming', 'doomed', 'l'].flatMap((name) => {
  const directory = join(root, next.driver, name);
  return existsSync(directory) ? readdirSync(directory) : [];
});
console.log(JSON.stringify({ ...result, layers: result.layers.slice(0, 2), kept, left }, null, 1));
