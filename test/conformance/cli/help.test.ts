// `docker X --help` against `tug X --help` for every command that tug has, and what is said of words that are no command.
import { afterAll, describe, expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { groups, topLevel } from '../../../src/cli/commands/index.ts';
import type { Result } from '../../support/command.ts';
import { startPeer } from '../../support/peer.ts';
import { createProgram } from './program.ts';

const socket = await startPeer();

/** Commands of a later part: lines of Docker's pages that are not there yet. */
const later = /^ +(build|builder|bake|trust|checkpoint) {2,}.*\n/gm;

/** What Docker has not, or not always. */
const own = new Set([
  'network doctor',
  'rollback',
  'snapshot',
  'snapshot create',
  'snapshot ls',
  'snapshot rm',
  // Docker shows these pages only where the engine is an experimental one.
  'checkpoint',
  'checkpoint create',
  'checkpoint ls',
  'checkpoint rm',
  ...['backup', 'doctor', 'fsck', 'migrate', 'restore'].map((name) => `system ${name}`),
]);

const pages = [
  ...Object.keys(topLevel)
    .filter((name) => !own.has(name))
    .map((name) => [name]),
  ...Object.entries(groups)
    // The scripts are tug's own, and so are their pages.
    .filter(([noun]) => noun !== 'completion')
    .flatMap(([noun, { commands }]) => [[noun], ...Object.keys(commands).map((name) => [noun, name])])
    .filter((page) => !own.has(page.join(' '))),
]
  // Docker's come from a plugin, whose options tug has itself.
  .filter(([noun, name]) => noun !== 'build' && noun !== 'builder' && name !== 'build');

const words = [
  [],
  ['--help'],
  ['-h'],
  ['help'],
  ['help', 'image', 'ls'],
  ['help', 'nosuch'],
  ['help', 'image', 'nosuch'],
  ['help', 'image', 'ls', 'x'],
  ['nosuch'],
  ['nosuch', '--help'],
  ['-x'],
  ['--nosuch'],
  ['--log-level', 'nosuch', 'ps'],
  ['--host', 'a', '--host', 'b', 'ps'],
  ['--host', 'foo://x', 'ps'],
  ['--context', 'nosuch', 'ps'],
  ['--context', 'x', '--host', 'y', 'ps'],
  ['--tlsverify', 'ps'],
  ['image'],
  ['image', '-h'],
  ['image', '-x', 'ls'],
  ['image', 'nosuch'],
  ['image', 'nosuch', '--help'],
  ['image', 'help'],
  ['image', 'ls', '-h'],
  ['image', 'ls', '--nosuch', '--help'],
  ['image', 'ls', 'a', 'b'],
  ['image', 'ls', 'a', 'b', '--help'],
  ['system', 'dial-stdio', '--help'],
  ['swarm', 'nosuch'],
];

describe.skipIf(!socket)('the same help as the real program', () => {
  const theirs = createProgram('docker', socket ?? '', 'help-theirs');
  const ours = createProgram('tug', socket ?? '', 'help-ours');
  afterAll(() => {
    for (const { directory } of [theirs, ours]) rmSync(directory, { recursive: true });
  });

  const compare = async (line: string[]) => {
    const [wanted, got] = await Promise.all([theirs.run(line), ours.run(line)]);
    expect(shown(got, ours.directory)).toEqual(shown(wanted, theirs.directory));
  };

  for (const page of pages) test(`${page.join(' ')} --help`, () => compare([...page, '--help']), 20_000);
  for (const line of words) test(`docker ${line.join(' ')}`, () => compare(line), 20_000);
});

/** What both say, without the commands of later parts; `SRun` is a slip of Docker's that was mended since. */
function shown({ code, stdout, stderr }: Result, directory: string): Result {
  const words = (text: string) => {
    const here = text
      .replaceAll(directory, 'DIRECTORY')
      .replace(later, '')
      .replace(/^SRun /m, 'Run ');
    // The program's own page has paths in it: how its lines are broken depends on their length.
    return here.includes('DIRECTORY') ? here.replace(/\s+/g, ' ') : here;
  };
  return { code, stdout: words(stdout), stderr: words(stderr) };
}
