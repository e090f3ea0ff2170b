// Whole directories between a container and this machine: copied by the kernel where a client may do what the engine may, and by an
// archive otherwise, to the same end.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { closeFd, openDirectory, setXattrAt, xattrsAt } from '../../src/host/index.ts';
import { must, run } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { namesPeers } from '../support/kernel.ts';

let engine: Engine;
let source: string;
const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
  source = join(engine.directory, 'source');
  await makeTree(source);
  await engine.tug(['run', '--name', 'still', '-v', '/volume', '-v', '/deep/volume', 'busybox', 'true']);
  await engine.tug(['run', '-d', '--name', 'live', '-v', '/volume', '-v', '/deep/volume', 'busybox', 'sleep', '3600']);
}, 60_000);

afterAll(async () => {
  await engine.tug(['rm', '-f', 'live', 'still']);
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

/** One of everything, with times of whole seconds. */
async function makeTree(root: string): Promise<void> {
  mkdirSync(join(root, 'sub/empty'), { recursive: true });
  mkdirSync(join(root, 'volume'));
  for (const name of ['plain', 'sub/setuid', 'volume/inside', 'sub/große'])
    writeFileSync(join(root, name), `${name}\n`);
  writeFileSync(join(root, 'large'), Buffer.alloc(300_000, 'large'));
  writeFileSync(join(root, 'none'), '');
  linkSync(join(root, 'plain'), join(root, 'sub/second'));
  symlinkSync('sub/../plain', join(root, 'link'));
  symlinkSync('/etc/passwd', join(root, 'sub/absolute'));
  await must(['mkfifo', join(root, 'sub/pipe')]);
  await must(['mknod', join(root, 'sub/null'), 'c', '1', '3']);
  chownSync(join(root, 'sub/setuid'), 12, 34);
  chmodSync(join(root, 'sub/setuid'), 0o4711);
  chmodSync(join(root, 'sub'), 0o1770);
  for (const path of [...below(root), root]) {
    const set = lstatSync(path).isSymbolicLink() ? lutimesSync : utimesSync;
    set(path, 1_000_000_000, 1_000_000_000);
  }
}

const below = (root: string): string[] =>
  (readdirSync(root, { recursive: true }) as string[]).toSorted().map((name) => join(root, name));

/** All that can be told of a tree, by the places in it. */
function told(root: string, { owners }: { owners: boolean }): Record<string, unknown>[] {
  const paths = ['', ...below(root).map((path) => relative(root, path))];
  const inodes = paths.map((path) => lstatSync(join(root, path)).ino);
  return paths.map((path, index) => {
    const status = lstatSync(join(root, path));
    const { mode, uid, gid, size, mtimeMs, nlink, rdev } = status;
    return {
      path,
      mode,
      mtimeMs,
      nlink,
      rdev,
      first: paths[inodes.indexOf(inodes[index] ?? 0)],
      ...(owners && { uid, gid }),
      ...(status.isFile() && { size, text: readFileSync(join(root, path), 'latin1') }),
      ...(status.isSymbolicLink() && { target: readlinkSync(join(root, path)) }),
    };
  });
}

const target = (name: string) => join(engine.directory, name.replace('/', '-'));

for (const box of ['still', 'live']) {
  test(`a tree comes back as it was, from a container that is ${box}`, async () => {
    for (const path of ['tree', 'volume/tree']) {
      const [into, back] = [`${box}:/${path}`, target(`${box}-${path}`)];
      const said = await engine.tug(['cp', '-q=false', source, into]);
      expect(said).toMatchObject({ code: 0, stderr: expect.stringMatching(/^Successfully copied 312kB to /) });
      expect((await engine.tug(['cp', '-q=false', into, back])).stderr).toMatch(/^Successfully copied 312kB to /);
      expect(told(back, { owners: false })).toEqual(told(source, { owners: false }));
    }
    const owned = await engine.tug(['cp', `${box}:/volume/tree/sub/setuid`, '-']);
    expect(owned.stdout).toContain('0000014\0'); // uid 12, in the archive's head
  });
}

test('the archive has no other outcome, nor another size', async () => {
  // A client that may make no device nodes may do less than the engine.
  const weak = ['setpriv', '--bounding-set', '-mknod', '--inh-caps', '-mknod', 'env', `DOCKER_HOST=${engine.host}`];
  const program = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');
  const slow = await run([...weak, program, 'cp', '-q=false', source, 'still:/slow']);
  expect(slow).toMatchObject({ code: 0, stderr: expect.stringMatching(/^Successfully copied 312kB to /) });
  for (const path of ['slow', 'tree']) {
    expect((await engine.tug(['cp', `still:/${path}`, target(`${path}-back`)])).code).toBe(0);
  }
  expect(told(target('slow-back'), { owners: true })).toEqual(told(target('tree-back'), { owners: true }));
});

/** What the engine says of a copy that it is asked to make by itself. */
async function ask(fd: number, { name = 'asked', before = [] as string[] } = {}): Promise<string> {
  const { dev, ino } = fstatSync(fd);
  const query = `path=/&name=${encodeURIComponent(name)}&directory=3:${dev}:${ino}`;
  const script = `
    const reply = await fetch('http://engine/tug/containers/still/tree?${query}',
      { unix: ${JSON.stringify(engine.socket)}, method: 'POST' });
    process.stdout.write(reply.status + ' ' + await reply.text());`;
  const child = Bun.spawn([...before, process.execPath, '-e', script], { stdio: ['ignore', 'pipe', 'inherit', fd] });
  return new Response(child.stdout).text();
}

test.if(namesPeers)('only who may do what the engine may has whole directories copied', async () => {
  const fd = openSync(source, 'r');
  try {
    expect(await ask(fd)).toMatch(/^200 (\d+\n)+whole\n$/);
    for (const name of ['..', '', 'a/b', '../x']) expect(await ask(fd, { name })).toStartWith('400 ');
    for (const less of [
      ['--bounding-set', '-sys_admin'],
      ['--regid', '12', '--clear-groups'],
    ]) {
      expect(await ask(fd, { before: ['setpriv', ...less] })).toStartWith('400 {"message":"files cannot be given');
    }
  } finally {
    closeSync(fd);
  }
});

test.if(namesPeers)('file capabilities go in', async () => {
  const tree = target('capable');
  mkdirSync(tree);
  writeFileSync(join(tree, 'file'), 'x');
  const fd = openDirectory(tree);
  setXattrAt(fd, 'file', { name: 'security.capability', value: capability });
  setXattrAt(fd, 'file', { name: 'user.colour', value: Buffer.from('blue') });
  closeFd(fd);
  await engine.tug(['cp', tree, 'still:/volume']);
  const { stdout } = await engine.tug([
    'inspect',
    '-f',
    '{{range .Mounts}}{{.Destination}} {{.Source}}\n{{end}}',
    'still',
  ]);
  const [, volume = ''] = /^\/volume (.*)$/m.exec(stdout) ?? [];
  const copied = openDirectory(join(volume, 'capable'));
  expect([...xattrsAt(copied, 'file')]).toEqual([['security.capability', capability]]);
  closeFd(copied);
});

for (const box of ['still', 'live']) {
  test(`what is mounted below gets what belongs there, in a container that is ${box}`, async () => {
    expect((await engine.tug(['cp', `${source}/.`, `${box}:/deep`])).code).toBe(0);
    const { stdout } = await engine.tug([
      'inspect',
      '-f',
      '{{range .Mounts}}{{.Destination}} {{.Source}}\n{{end}}',
      box,
    ]);
    const [, volume = ''] = /^\/deep\/volume (.*)$/m.exec(stdout) ?? [];
    expect(readFileSync(join(volume, 'inside'), 'utf8')).toBe('volume/inside\n');
    const back = target(`${box}-deep`);
    expect((await engine.tug(['cp', `${box}:/deep/.`, back])).code).toBe(0);
    expect(told(join(back, 'volume'), { owners: false })).toEqual(told(join(source, 'volume'), { owners: false }));
  });
}

test('no link in the container leads a copy out of it', async () => {
  const outside = target('outside');
  mkdirSync(outside);
  const script = `mkdir -p /h/source /g; ln -s ${outside} /h/source/sub; ln -s ${outside} /g/source; ln -s ${outside}/new /h/source/plain`;
  expect((await engine.tug(['exec', 'live', 'sh', '-c', script])).code).toBe(0);
  expect((await engine.tug(['cp', source, 'live:/h'])).stderr).toContain('cannot overwrite non-directory');
  expect((await engine.tug(['cp', source, 'live:/g'])).stderr).toContain('cannot overwrite non-directory');
  expect(readdirSync(outside)).toEqual([]);
  // One in the place of a file was replaced.
  expect((await engine.tug(['exec', 'live', 'cat', '/h/source/plain'])).stdout).toBe('plain\n');
});

test('nothing from a container is written outside of the directory it is copied to', async () => {
  const script = `mkdir -p /evil/sub; ln -s ../../../outside /evil/sub/a; echo x > /evil/z`;
  expect((await engine.tug(['exec', 'live', 'sh', '-c', script])).code).toBe(0);
  expect((await engine.tug(['cp', 'live:/evil', target('evil')])).stderr).toContain('invalid symlink');
  // A link of one's own at the place is no directory to go through.
  const place = target('place');
  mkdirSync(place);
  symlinkSync(target('outside'), join(place, 'tree'));
  expect((await engine.tug(['cp', 'live:/tree', place])).stderr).toContain('cannot overwrite non-directory');
  expect(existsSync(join(target('outside'), 'plain'))).toBe(false);
});
