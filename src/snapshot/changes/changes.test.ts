import { afterEach, beforeEach, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { closeFd, makeNodeAt, openDirectory, openDirectoryAt, setXattrAt, usingFd } from '../../host/index.ts';
import { readChanges } from './changes.ts';

const isRoot = process.getuid?.() === 0;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'changes-'));
  for (const name of ['upper', 'top', 'bottom']) mkdirSync(join(directory, name));
});
afterEach(() => rmSync(directory, { recursive: true }));

function file(path: string, text: string): void {
  mkdirSync(join(directory, dirname(path)), { recursive: true });
  writeFileSync(join(directory, path), text);
  utimesSync(join(directory, path), 1e9, 1e9);
}

/** The mark of what is not there any more. */
function whiteout(path: string): void {
  mkdirSync(join(directory, dirname(path)), { recursive: true });
  const parent = openDirectory(join(directory, dirname(path)));
  usingFd(parent, () => makeNodeAt(parent, path.split('/').at(-1) ?? '', { kind: 'char', mode: 0, device: [0, 0] }));
}

/** The mark of a directory that shows nothing of those below. */
function opaque(path: string): void {
  mkdirSync(join(directory, path), { recursive: true });
  const value = Buffer.from('y');
  usingFd(openDirectory(join(directory, path)), (fd) => setXattrAt(fd, '.', { name: 'trusted.overlay.opaque', value }));
}

async function changes(names = ['upper', 'top', 'bottom'], options = { whole: false }): Promise<string[]> {
  const opened = names.map((name) => usingFd(openDirectory(join(directory, name)), (fd) => openDirectoryAt(fd, '.')));
  try {
    const [upper = -1, ...lower] = opened;
    return (await readChanges(upper, lower, options)).map(({ kind, path }) => `${kind} ${path}`);
  } finally {
    opened.forEach(closeFd);
  }
}

test.if(isRoot)('several layers tell together what was there before', async () => {
  file('bottom/d/in-both', 'old');
  file('top/d/in-both', 'new');
  file('upper/d/in-both', 'new');
  file('bottom/d/below', 'x');
  file('upper/d/below', 'y2');
  file('bottom/d/taken', 'x');
  whiteout('top/d/taken');
  file('upper/d/taken', 'x');
  whiteout('upper/d/gone');
  file('bottom/d/gone', 'x');
  // What the layers have removed already is removed by nobody else.
  whiteout('upper/d/never');
  file('bottom/d/never', 'x');
  whiteout('top/d/never');
  expect(await changes()).toEqual(['modified /d', 'modified /d/below', 'deleted /d/gone', 'added /d/taken']);
});

test.if(isRoot)('a directory is seen as far down as no layer hides it', async () => {
  file('bottom/o/old', 'x');
  opaque('top/o');
  file('top/o/newer', 'x');
  file('upper/o/old', 'x');
  opaque('upper/o');
  // A file in between hides a directory as well.
  file('bottom/f/one', 'x');
  file('top/f', 'x');
  file('upper/f/one', 'x');
  expect(await changes()).toEqual(['modified /f', 'added /f/one', 'modified /o', 'deleted /o/newer', 'added /o/old']);
});

test('kind, mode, size and time make a difference, each by itself', async () => {
  for (const name of ['kind', 'mode', 'size', 'time', 'none', 'größe']) {
    file(`upper/${name}`, 'x');
    file(`top/${name}`, 'x');
  }
  rmSync(join(directory, 'upper/kind'));
  symlinkSync('x', join(directory, 'upper/kind'));
  chmodSync(join(directory, 'upper/mode'), 0o600);
  file('upper/size', 'xx');
  utimesSync(join(directory, 'upper/time'), 1, 2);
  utimesSync(join(directory, 'upper/größe'), 1, 2);
  expect(await changes(['upper', 'top'])).toEqual(
    ['größe', 'kind', 'mode', 'size', 'time'].map((name) => `modified /${name}`),
  );
  // Archives may have dropped the fraction.
  utimesSync(join(directory, 'top/none'), 1e9, 1e9 + 0.5);
  expect(await changes(['upper', 'top'])).not.toContain('modified /none');
});

test('whole trees are compared name by name', async () => {
  file('upper/here', 'x');
  file('top/there', 'x');
  expect(await changes(['upper', 'top'], { whole: true })).toEqual(['added /here', 'deleted /there']);
});

test('deep trees of many layers take no more files than others can spare', async () => {
  const deep = 'd/'.repeat(300);
  for (const name of ['upper', 'top']) mkdirSync(join(directory, name, deep), { recursive: true });
  expect(await changes(['upper', 'top'])).toEqual([]);
  await expect(changes(['upper', ...Array(20).fill('top')])).rejects.toThrow('EMFILE');
});
