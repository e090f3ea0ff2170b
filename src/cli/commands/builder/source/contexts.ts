import type { SessionContext, SessionNamed } from '../../../../api/index.ts';
import { CliError } from '../../../command.ts';
import { fs, path } from '../../../lazy.ts';
import { readInput } from '../../../stdio/input.ts';
import { ignoreOf, isRemote, keysOf } from './local.ts';
import { namedContexts } from './named.ts';
import { type LocalTree, listTree } from './tree.ts';

/** Where a build takes its files from. */
export interface BuildSource {
  /** Without bytes it is a file of the remote context. */
  dockerfile: { name: string; bytes?: Uint8Array };
  /** The main context; absent where there is none. */
  context?: SessionContext;
  contexts: Record<string, SessionNamed>;
  /** The files of the main context (`context`) or a named one; of it only where `paths` of COPY lead, if any are given. */
  tree(name: string, paths?: readonly string[]): LocalTree;
  close(): void;
}

interface Asked {
  file: string;
  contexts: string[];
}

/** Opens PATH, URL or `-`. */
export async function openContext(where: string, options: Asked): Promise<BuildSource> {
  const named = namedContexts(options.contexts);
  if (where === '-') return fromInput(options, named);
  const directory = path().resolve(where);
  if (fs().statSync(directory, { throwIfNoEntry: false })?.isDirectory())
    return fromDirectory(directory, options, named);
  if (!isRemote(where)) throw new Error(`unable to prepare context: path ${JSON.stringify(where)} not found`);
  return {
    dockerfile: await remoteDockerfile(options.file),
    context: { remote: where },
    contexts: named.wanted,
    tree: named.tree,
    close: () => undefined,
  };
}

/** Of a remote context the Dockerfile is a file of its own, unless it is said to be here. */
async function remoteDockerfile(file: string): Promise<BuildSource['dockerfile']> {
  if (file === '-' || path().isAbsolute(file) || isHttp(file)) return readDockerfile('', file);
  return { name: file };
}

async function fromDirectory(
  directory: string,
  options: Asked,
  named: ReturnType<typeof namedContexts>,
): Promise<BuildSource> {
  const dockerfile = await readDockerfile(directory, options.file);
  const ignore = ignoreOf(directory, dockerfile.path);
  return {
    dockerfile,
    context: { ...keysOf(directory, dockerfile.path), ...(ignore && { ignored: [...ignore.patterns] }) },
    contexts: named.wanted,
    tree: (name, paths) => (name === 'context' ? listTree(directory, { leaves: ignore, paths }) : named.tree(name)),
    close: () => undefined,
  };
}

const isHttp = (text: string): boolean => /^https?:\/\//.test(text);

async function readDockerfile(
  directory: string,
  file: string,
): Promise<{ name: string; path: string; bytes: Uint8Array }> {
  if (file === '-') return { name: 'Dockerfile', path: '', bytes: await readAll() };
  if (isHttp(file)) return { name: 'Dockerfile', path: '', bytes: await fetched(file) };
  const { existsSync, readFileSync } = fs();
  const join = path().join;
  const asked = file === '' ? join(directory, 'Dockerfile') : file;
  const inContext = existsSync(asked) || path().isAbsolute(asked) ? asked : join(directory, file);
  const found = file === '' && !existsSync(inContext) ? join(directory, 'dockerfile') : inContext;
  if (!existsSync(found)) {
    const name = path().basename(asked);
    throw new CliError(
      `ERROR: failed to build: failed to solve: failed to read dockerfile: open ${name}: no such file or directory`,
    );
  }
  return { name: path().basename(found), path: found, bytes: readFileSync(found) };
}

async function fetched(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`failed to fetch ${url}: status ${response.status}`);
  return response.bytes();
}

/** A Dockerfile alone, or an archive with one in it, from the standard input. */
async function fromInput(options: Asked, named: ReturnType<typeof namedContexts>): Promise<BuildSource> {
  if (options.file === '-') {
    throw new Error("invalid argument: can't use stdin for both build context and dockerfile");
  }
  const bytes = await readAll();
  const { isArchive, unpackInput } = await import('./archive-input.ts');
  if (!isArchive(bytes)) {
    if (options.file !== '')
      throw new Error('ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles');
    return {
      dockerfile: { name: 'Dockerfile', bytes },
      contexts: named.wanted,
      tree: named.tree,
      close: () => undefined,
    };
  }
  const directory = await unpackInput(bytes);
  const close = () => fs().rmSync(directory, { recursive: true, force: true });
  try {
    const source = await fromDirectory(directory, { ...options, file: inside(directory, options.file) }, named);
    return { ...source, context: { ...source.context, ...keysOf('-', options.file) }, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The Dockerfile that an archive is said to have. */
const inside = (directory: string, file: string): string => (file === '' ? '' : path().join(directory, file));

async function readAll(): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of readInput()) pieces.push(piece);
  return Buffer.concat(pieces);
}
