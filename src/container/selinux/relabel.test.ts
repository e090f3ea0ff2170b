import { afterAll, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { closeFd, openDirectory, setXattrAt, usingFd, xattrAt } from '../../host/index.ts';
import { labelEtcFiles, labelLayers, labelSource } from './label-files.ts';
import { relabel, relabelOnce } from './relabel.ts';

// A kernel without SELinux keeps the attribute like any other, for root.
const directory = mkdtempSync(join(tmpdir(), 'tug-relabel-test-'));
const tree = join(directory, 'tree');
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(() => {
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(join(tree, 'below/deep'), { recursive: true });
  writeFileSync(join(tree, 'below/deep/file'), '');
  writeFileSync(join(directory, 'outside'), '');
  symlinkSync('../outside', join(tree, 'link'));
});

const labelOf = (path: string): string | undefined =>
  usingFd(openDirectory(dirname(path)), (fd) =>
    xattrAt(fd, path.slice(dirname(path).length + 1), 'security.selinux')?.toString(),
  );
const label = 'u:object_r:file_t:s0:c1,c2';

test('a directory and all below it, but nothing that a symlink in it names', async () => {
  await relabel(`${tree}/`, label);
  for (const name of ['', '/below', '/below/deep', '/below/deep/file', '/link'])
    expect(labelOf(`${tree}${name}`)).toBe(label);
  expect(labelOf(join(directory, 'outside'))).toBeUndefined();
});

test('one file, and through a symlink what it leads to', async () => {
  await relabel(join(tree, 'below/deep/file'), label);
  expect(labelOf(join(tree, 'below/deep/file'))).toBe(label);
  expect(labelOf(join(tree, 'below/deep'))).toBeUndefined();
  await relabel(join(tree, 'link'), label);
  expect(labelOf(join(directory, 'outside'))).toBe(label);
  expect(labelOf(join(tree, 'link'))).toBeUndefined();
  rmSync(join(directory, 'outside'));
});

test('paths of the system are refused in go-selinux’s words, by whatever name', async () => {
  for (const path of ['/', '/etc', '/usr/', '/proc/self/root/var', '/home/../tmp']) {
    await expect(relabel(path, label)).rejects.toThrow(/^SELinux relabeling of \/\w* is not allowed$/);
  }
  symlinkSync('/etc', join(tree, 'etc'));
  await expect(relabel(join(tree, 'etc'), label)).rejects.toThrow('SELinux relabeling of /etc is not allowed');
  await expect(relabel(process.env.HOME ?? '/root', label)).rejects.toThrow('is not allowed');
  expect(labelOf('/etc')).toBeUndefined();
});

test('a tree that is labelled throughout is not walked again', async () => {
  const fd = openDirectory(tree);
  try {
    await relabelOnce(fd, label);
    expect(labelOf(join(tree, 'below/deep/file'))).toBe(label);
    writeFileSync(join(tree, 'new'), '');
    await relabelOnce(fd, label);
    expect(labelOf(join(tree, 'new'))).toBeUndefined();
    setXattrAt(fd, '.', { name: 'security.selinux', value: Buffer.from('other') });
    await relabelOnce(fd, label);
    expect(labelOf(join(tree, 'new'))).toBe(label);
  } finally {
    closeFd(fd);
  }
});

test('layers are labelled once, and what comes to them has it from its directory', async () => {
  const contexts = { process: '', file: '', readOnlyFile: label };
  await labelLayers(tree, { ...contexts, readOnlyFile: '' });
  expect(labelOf(join(tree, 'below'))).toBeUndefined();
  await labelLayers(tree, contexts);
  for (const path of [tree, join(tree, 'below/deep/file')]) expect(labelOf(path)).toBe(label);
});

type Row = Parameters<typeof labelSource>[0];
type Mount = Parameters<typeof labelSource>[1];
const row = { labels: { process: '', mount: label }, hostConfig: {}, mounts: [] as unknown[] } as Row;

test('Z labels for one container, z for all, and a volume is labelled that is filled', async () => {
  const labelled = async (mount: Partial<Mount>, of = row) => {
    setXattr('before');
    await labelSource(of, { type: 'bind', mode: '', copy: false, source: tree, ...mount } as Mount);
    return labelOf(tree);
  };
  const setXattr = (value: string) =>
    usingFd(openDirectory(tree), (fd) => setXattrAt(fd, '.', { name: 'security.selinux', value: Buffer.from(value) }));
  expect(await labelled({ mode: 'ro,Z' })).toBe(label);
  expect(await labelled({ mode: 'z' })).toBe('u:object_r:file_t:s0');
  for (const mode of ['', 'ro', 'rw,nocopy']) expect(await labelled({ mode })).toBe('before');
  expect(await labelled({ type: 'volume', copy: true, mode: 'ro' })).toBe('u:object_r:file_t:s0');
  expect(await labelled({ type: 'volume', copy: true, mode: 'Z' })).toBe(label);
  expect(await labelled({ type: 'volume', mode: 'nocopy' })).toBe('before');
  expect(await labelled({ mode: 'Z' }, {} as Row)).toBe('before');
  await expect(labelled({ mode: 'z', source: '/etc' })).rejects.toThrow(
    "error setting label on mount source '/etc': SELinux relabeling of /etc is not allowed",
  );
});

test('files of /etc are its own, or all’s where others share its network; what is mounted over them stays', async () => {
  const paths = ['hosts', 'hostname', 'resolv.conf'].map((name) => join(tree, name));
  const [hosts = '', hostname = '', resolvConf = ''] = paths;
  for (const path of paths) writeFileSync(path, '');
  const files = { hosts, hostname, resolvConf };
  await labelEtcFiles({ ...row, mounts: [{ destination: '/etc/hosts' }] } as Row, files);
  expect(paths.map(labelOf)).toEqual([undefined, label, label] as string[]);
  await labelEtcFiles({ ...row, hostConfig: { NetworkMode: 'container:x' } } as Row, files);
  expect(paths.map(labelOf)).toEqual(Array(3).fill('u:object_r:file_t:s0'));
});
