import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { must } from '../../support/command.ts';

/** One Dockerfile of the corpus with its context and what a real Docker made of it. */
export interface Case {
  /** `copy/links`. */
  name: string;
  path: string;
  about: string;
  /** What of it the real Docker that is asked does not know yet: its answer is then from the documentation. */
  newer?: string;
  /** Of `docker build`. */
  flags: string[];
  dockerfile: string;
  files: ContextFile[];
  expected: Partial<Record<'check' | 'error' | 'image' | 'files', string>>;
}

interface ContextFile {
  kind: 'file' | 'link' | 'hardlink' | 'dir' | 'tar';
  path: string;
  /** Of a link. */
  target?: string;
  /** Of a tar: the name of the file in it. */
  inside?: string;
  text: string;
  mode?: number;
  owner?: [uid: number, gid: number];
  mtime?: number;
}

const corpus = join(import.meta.dirname, 'corpus');

/** All cases, in the order of their names. */
export function readCases(): Case[] {
  const all = readdirSync(corpus, { recursive: true, encoding: 'utf8' });
  return all
    .filter((path) => path.endsWith('.txt'))
    .toSorted()
    .map((path) => parseCase(join(corpus, path)));
}

/** A case's file: what it is about, `flags:`, and sections that begin with `-- name --`. */
function parseCase(path: string): Case {
  const [head = '', ...parts] = readFileSync(path, 'utf8').split(/^-- (?=.* --$)/m);
  const flags = /^flags: (.*)$/m.exec(head)?.[1]?.split(' ') ?? [];
  const newer = /^newer: (.*)$/m.exec(head)?.[1];
  const found: Case = {
    name: relative(corpus, path).replace(/\.txt$/, ''),
    path,
    about: head.replaceAll(/^(?:flags|newer): .*\n/gm, '').trim(),
    ...(newer === undefined ? {} : { newer }),
    flags,
    dockerfile: '',
    files: [],
    expected: {},
  };
  for (const part of parts) {
    const end = part.indexOf(' --\n');
    addSection(found, part.slice(0, end), part.slice(end + 4));
  }
  return found;
}

function addSection(found: Case, title: string, text: string): void {
  const [kind, ...words] = title.split(/(?<!\\) /);
  if (kind === 'Dockerfile') found.dockerfile = dockerfile(text, words);
  else if (kind === 'expect') found.expected[words[0] as 'check'] = text;
  else found.files.push(contextFile(kind as ContextFile['kind'], words, text));
}

/** `crlf` and `bom` are what an editor would hide; `@LONG@` what one would not bear. */
function dockerfile(text: string, words: string[]): string {
  const long = text.replace('@LONG@', 'x'.repeat(70_000));
  const lines = words.includes('crlf') ? long.replaceAll('\n', '\r\n') : long;
  return words.includes('bom') ? `\ufeff${lines}` : lines;
}

function contextFile(kind: ContextFile['kind'], words: string[], text: string): ContextFile {
  const [path = '', ...rest] = words.map((word) => word.replaceAll('\\ ', ' '));
  const option = (name: string) => rest.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const owner = option('owner')?.split(':').map(Number);
  const mode = option('mode');
  const mtime = option('mtime');
  const last = rest.at(-1);
  return {
    kind,
    path,
    text,
    ...(kind.endsWith('link') && last !== undefined ? { target: last } : {}),
    ...(kind === 'tar' && last !== undefined ? { inside: last } : {}),
    ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
    ...(owner === undefined ? {} : { owner: [owner[0] ?? 0, owner[1] ?? 0] }),
    ...(mtime === undefined ? {} : { mtime: Number(mtime) }),
  };
}

/** Writes a case's Dockerfile and context into an empty directory. */
export async function writeContext(test: Case, directory: string): Promise<void> {
  writeFileSync(join(directory, 'Dockerfile'), test.dockerfile);
  for (const file of test.files) await writeOne(file, directory);
}

async function writeOne(file: ContextFile, directory: string): Promise<void> {
  const path = join(directory, file.path);
  mkdirSync(dirname(path), { recursive: true });
  if (file.kind === 'link') return symlinkSync(file.target ?? '', path);
  if (file.kind === 'hardlink') return linkSync(join(directory, file.target ?? ''), path);
  if (file.kind === 'tar') return writeTar(file, path);
  if (file.kind === 'dir') mkdirSync(path, { recursive: true });
  else writeFileSync(path, file.text);
  if (file.owner) chownSync(path, ...file.owner);
  chmodSync(path, file.mode ?? (file.kind === 'dir' ? 0o755 : 0o644));
  if (file.mtime !== undefined) utimesSync(path, file.mtime, file.mtime);
}

async function writeTar(file: ContextFile, path: string): Promise<void> {
  const inside = join(dirname(path), file.inside ?? '');
  writeFileSync(inside, file.text);
  chmodSync(inside, file.mode ?? 0o644);
  const [uid, gid] = file.owner ?? [0, 0];
  const forms = { gz: '-czf', bz2: '-cjf', xz: '-cJf' };
  const form = (forms as Record<string, string>)[extname(path).slice(1)] ?? '-cf';
  const owner = ['--mtime=@0', `--owner=${uid}`, `--group=${gid}`, '--numeric-owner'];
  await must(['tar', '-C', dirname(path), ...owner, form, path, file.inside ?? '']);
  rmSync(inside);
}

/** Puts what was answered into a case's file. */
export function writeExpected({ path }: Case, expected: Case['expected']): void {
  const [head = ''] = readFileSync(path, 'utf8').split(/^-- expect /m);
  const sections = Object.entries(expected).map(([name, text]) => `-- expect ${name} --\n${text}`);
  writeFileSync(path, head + sections.join(''));
}
