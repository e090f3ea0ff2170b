import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, run } from './command.ts';

const root = join(import.meta.dirname, '../..');

/** The executable of an earlier version, built of this repository's own history. */
export interface OlderBuild {
  executable: string;
  remove(): void;
}

/** Undefined where the history does not go back to `commit`. */
export async function olderBuild(commit: string): Promise<OlderBuild | undefined> {
  const known = await run(['git', '-C', root, 'cat-file', '-e', `${commit}^{commit}`]);
  if (known.code !== 0) return undefined;
  const directory = mkdtempSync(join(tmpdir(), 'tug-older-'));
  const tree = join(directory, 'tree');
  mkdirSync(join(tree, 'dist'), { recursive: true });
  const from = `git -C '${root}' archive ${commit} src native package.json tsconfig.json | tar -x -C '${tree}'`;
  await must(['bash', '-o', 'pipefail', '-c', from]);
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  await must(['bash', '-c', 'cc -std=gnu11 -O1 -static -o dist/tug-shim $(ls native/*.c)'], { cwd: tree });
  const executable = join(directory, 'tug');
  const bun = existsSync(join(root, 'node_modules/.bin/bun')) ? join(root, 'node_modules/.bin/bun') : process.execPath;
  await must([bun, 'build', '--compile', '--format=esm', '--splitting', '--outfile', executable, 'src/cli.ts'], {
    cwd: tree,
  });
  rmSync(tree, { recursive: true });
  return { executable, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
