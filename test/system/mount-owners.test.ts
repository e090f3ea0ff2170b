// Whose the files of a mount are: seen as the container's user, or given to it.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chownSync, lstatSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
let source: string;

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
  source = join(engine.directory, 'source');
});

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

/** A directory of user 4321 with a file of its own, one of root and a link out of it. */
function fresh(): void {
  rmSync(source, { recursive: true, force: true });
  mkdirSync(join(source, 'below'), { recursive: true });
  for (const name of ['mine', 'below/mine', 'roots']) writeFileSync(join(source, name), name);
  writeFileSync(join(engine.directory, 'outside'), '');
  symlinkSync('../outside', join(source, 'link'));
  for (const name of ['.', 'mine', 'below', 'below/mine']) chownSync(join(source, name), 4321, 4321);
}

const says = async (...args: string[]) => {
  const { stdout, stderr } = await engine.tug(['run', '--rm', ...args]);
  return stdout + stderr;
};
const owners = 'stat -c "%u:%g %n" /d /d/mine /d/below/mine /d/roots';
const ownerOf = (name: string) => {
  const { uid, gid } = lstatSync(join(source, name));
  return `${uid}:${gid}`;
};

test('a directory’s owner is seen as the container’s user, and what it writes is the owner’s', async () => {
  fresh();
  const mount = ['--mount', `type=bind,src=${source},dst=/d,idmap`];
  expect(await says(...mount, 'busybox', 'sh', '-c', owners)).toBe(
    '0:0 /d\n0:0 /d/mine\n0:0 /d/below/mine\n4321:4321 /d/roots\n',
  );
  expect(await says('-u', 'alice', '-v', `${source}:/d:idmap`, 'busybox', 'sh', '-c', 'echo >/d/new; id -u')).toBe(
    '1000\n',
  );
  expect(['.', 'mine', 'roots', 'new'].map(ownerOf)).toEqual(['4321:4321', '4321:4321', '0:0', '4321:4321']);
});

test('ranges say it in numbers; a file alone will do; a volume as well', async () => {
  fresh();
  const range = (text: string, name = '') => [
    '--mount',
    `type=bind,src=${join(source, name)},dst=/d${name && '/mine'},idmap=${text}`,
  ];
  expect(await says(...range('u4000:70000:500+g4321:5'), 'busybox', 'sh', '-c', 'stat -c %u:%g /d/mine')).toBe(
    '70321:5\n',
  );
  expect(await says(...range('4321:99', 'mine'), 'busybox', 'stat', '-c', '%u:%g', '/d/mine')).toBe('99:99\n');
  await engine.tug(['volume', 'create', 'owned']);
  const volume = ['-u', '1000:1000', '--mount', 'type=volume,src=owned,dst=/etc,idmap'];
  expect(
    await says(...volume, 'busybox', 'sh', '-c', 'stat -c %u /etc/passwd; echo >/etc/new; stat -c %u /etc/new'),
  ).toBe('1000\n1000\n');
  expect(await says('-v', 'owned:/d', 'busybox', 'stat', '-c', '%u', '/d/passwd', '/d/new')).toBe('0\n0\n');
});

test('or the files become the user’s, once and for all; links are not followed', async () => {
  fresh();
  const shown = await says('-u', 'alice', '-v', `${source}:/d:U`, 'busybox', 'sh', '-c', owners);
  expect(shown).toBe('1000:1000 /d\n1000:1000 /d/mine\n1000:1000 /d/below/mine\n1000:1000 /d/roots\n');
  expect(['below/mine', 'link'].map(ownerOf)).toEqual(['1000:1000', '1000:1000']);
  expect(statSync(join(engine.directory, 'outside')).uid).toBe(0);
  await says('--mount', `type=bind,src=${join(source, 'mine')},dst=/f,chown=7:8`, 'busybox', 'true');
  await says('--mount', `type=bind,src=${source}/below,dst=/d,chown=9`, 'busybox', 'true');
  expect(['mine', 'below/mine', 'roots'].map(ownerOf)).toEqual(['7:8', '9:1000', '1000:1000']);
});

test.each([
  ['type=bind,src=/tmp,dst=/d,idmap=1:2:x', 'invalid mount config for type "bind": invalid IDMap: 1:2:x'],
  ['type=bind,src=/tmp,dst=/d,chown=alice', 'invalid mount config for type "bind": invalid Chown: alice'],
  ['type=tmpfs,dst=/d,chown', 'invalid mount config for type "tmpfs": field Chown must not be specified'],
  ['type=bind,src=/proc,dst=/d,idmap', 'owners of /proc cannot be mapped on its file system'],
])('%s is refused', async (mount, words) => {
  expect(await says('--mount', mount, 'busybox', 'true')).toContain(words);
});

test('a source that is missing is made if it is to be', async () => {
  const missing = join(engine.directory, 'missing');
  const mount = ['--mount', `type=bind,src=${missing},dst=/d,bind-create-src`, 'busybox', 'ls', '-d', '/d'];
  expect(await says(...mount)).toBe('/d\n');
});
