import { afterAll, afterEach, beforeEach, expect, test } from 'bun:test';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtShim, until } from '../../../test/support/runtime.ts';
import { copyTree, type TreeCopy } from './copy-tree.ts';

const shim = builtShim();
const program = openSync(shim, 'r');
afterAll(() => closeSync(program));
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'copy-tree-'));
  for (const name of ['from/sub', 'to']) mkdirSync(join(directory, name), { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true }));

const at = (path: string): string => join(directory, path);

async function copy(options: Partial<TreeCopy>, watching?: Parameters<typeof copyTree>[2], to = 'to'): Promise<number> {
  const fds = ['from', to].map((name) => openSync(at(name), constants.O_RDONLY | constants.O_DIRECTORY));
  const [source = -1, target = -1] = fds;
  try {
    return await copyTree(program, { from: source, to: target, ...options }, watching);
  } finally {
    fds.forEach(closeSync);
  }
}

test('what is in the way stops a copy, which says where, or goes', async () => {
  writeFileSync(at('from/sub/file'), 'new');
  mkdirSync(at('to/sub'));
  writeFileSync(at('to/sub/file'), 'old');
  await expect(copy({})).rejects.toThrow('copy sub: file exists (EEXIST)');
  // A head for each of the three, a block of data, and two blocks that end an archive.
  expect(await copy({ replace: true })).toBe(512 * 6);
  mkdirSync(at('from/directory'));
  writeFileSync(at('to/directory'), '');
  await expect(copy({ replace: true })).rejects.toThrow('copy directory: not a directory (ENOTDIR)');
});

test('a link is no way out of the copy, and only so far up where that is told', async () => {
  mkdirSync(at('outside'));
  symlinkSync('../outside', at('to/sub'));
  writeFileSync(at('from/sub/file'), 'x');
  await expect(copy({ replace: true })).rejects.toThrow('ENOTDIR');
  expect(readdirSync(at('outside'))).toEqual([]);
  rmSync(at('to/sub'));
  symlinkSync('../../../x', at('from/sub/link'));
  await expect(copy({ linksUp: 1 })).rejects.toThrow('copy sub/link: ');
  expect(await copy({ linksUp: 2, replace: true })).toBeGreaterThan(0);
});

test('a directory is not copied into itself', async () => {
  mkdirSync(at('from/sub/deep'));
  await expect(copy({ replace: true }, undefined, 'from/sub')).rejects.toThrow('copy sub: ');
});

test('a copy that nobody wants any more ends, and so does one whose engine is killed', async () => {
  for (let number = 0; number < 3000; number++) writeFileSync(at(`from/${number}`), '');
  const stop = new AbortController();
  const copying = copy({}, { signal: stop.signal });
  stop.abort();
  await expect(copying).rejects.toThrow('a copy ended with SIGKILL');
  rmSync(at('to'), { recursive: true });
  mkdirSync(at('to'));
  const script = `import { openSync, readFileSync } from 'node:fs';
    const { copyTree } = await import(${JSON.stringify(join(import.meta.dirname, 'copy-tree.ts'))});
    const [program, from, to] = ${JSON.stringify([shim, at('from'), at('to')])}.map((path) => openSync(path, 'r'));
    for (let state = 'R'; state !== 'T'; ) {
      state = 'R';
      copyTree(program, { from, to, replace: true }).catch(() => undefined);
      const child = readFileSync('/proc/thread-self/children', 'utf8').trim().split(' ').at(-1);
      process.kill(Number(child), 'SIGSTOP');
      // On a busy machine it may have been done before.
      while (!'TZ'.includes(state)) state = readFileSync('/proc/' + child + '/stat', 'latin1').split(') ')[1][0];
      if (state === 'T') console.log(child);
    }`;
  const engine = Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe' });
  const { value } = await engine.stdout.getReader().read();
  const pid = Number(Buffer.from(value ?? []).toString());
  expect(stateOf(pid)).toBe('T');
  engine.kill('SIGKILL');
  await engine.exited;
  // It was stopped perhaps before it had asked to be told of that.
  if (stateOf(pid) === 'T') process.kill(pid, 'SIGCONT');
  await until(() => !'RSDT'.includes(stateOf(pid)));
  expect(readdirSync(at('to')).length).toBeLessThan(3000);
});

/** Z for one that has ended. */
function stateOf(pid: number): string {
  if (!existsSync(`/proc/${pid}/stat`)) return 'Z';
  return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.charAt(0) ?? '';
}
