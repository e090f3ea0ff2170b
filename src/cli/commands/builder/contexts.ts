import { hostname } from 'node:os';
import { ignoreMatcher, parseIgnore } from '../../../api/ignore/index.ts';
import { CliError } from '../../command.ts';
import { fs, path } from '../../lazy.ts';
import { readInput } from '../../stdio/input.ts';
import { type LocalTree, listTree } from './tree.ts';

/** Where a build takes its files from. */
export interface BuildSource {
  dockerfile: { name: string; bytes: Uint8Array };
  /** What the main context is called from build to build; absent where there is none. */
  key?: string;
  /** The patterns of its ignore file. */
  ignored?: string[];
  /** Named contexts. */
  contexts: Record<string, { key: string } | { image: string }>;
  /** The files of the main context (`context`) or a named one. */
  tree(name: string): LocalTree;
  close(): void;
}

/** Opens PATH, URL or `-`. */
export async function openContext(where: string, options: { file: string; contexts: string[] }): Promise<BuildSource> {
  const named = namedContexts(options.contexts);
  const isRemote = /^(https?|git|ssh):\/\/|^git@|^github\.com\//.test(where);
  if (isRemote)
    throw new Error(`a remote context is not supported here: clone ${where}, or ask POST /build with remote=`);
  if (where === '-') return fromInput(options, named);
  const directory = path().resolve(where);
  if (!fs().statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`unable to prepare context: path ${JSON.stringify(where)} not found`);
  }
  const dockerfile = await readDockerfile(directory, options.file);
  const ignore = ignoreOf(directory, dockerfile.path);
  return {
    dockerfile,
    key: keyOf(directory),
    ...(ignore && { ignored: [...ignore.patterns] }),
    contexts: named.wanted,
    tree: (name) => (name === 'context' ? listTree(directory, ignore) : named.tree(name)),
    close: () => undefined,
  };
}

async function readDockerfile(
  directory: string,
  file: string,
): Promise<{ name: string; path: string; bytes: Uint8Array }> {
  if (file === '-') return { name: 'Dockerfile', path: '', bytes: await readAll() };
  const { existsSync, readFileSync } = fs();
  const join = path().join;
  const asked = file === '' ? join(directory, 'Dockerfile') : file;
  const inContext = existsSync(asked) || path().isAbsolute(asked) ? asked : join(directory, file);
  const found = file === '' && !existsSync(inContext) ? join(directory, 'dockerfile') : inContext;
  if (!existsSync(found)) {
    const name = path().basename(asked);
    throw new Error(`failed to read dockerfile: open ${name}: no such file or directory`);
  }
  return { name: path().basename(found), path: found, bytes: readFileSync(found) };
}

/** `NAME.dockerignore` beside the Dockerfile, or the context's own. */
function ignoreOf(directory: string, dockerfile: string) {
  const { existsSync, readFileSync } = fs();
  const candidates = [
    ...(dockerfile === '' ? [] : [`${dockerfile}.dockerignore`]),
    path().join(directory, '.dockerignore'),
  ];
  const found = candidates.find((file) => existsSync(file));
  if (found === undefined) return undefined;
  const patterns = parseIgnore(readFileSync(found, 'utf8'));
  try {
    return patterns.length === 0 ? undefined : ignoreMatcher(patterns);
  } catch (error) {
    throw new CliError(`ERROR: failed to build: failed to solve: ${(error as Error).message}`);
  }
}

const keyOf = (directory: string): string => `${hostname()}:${directory}`;

function namedContexts(texts: string[]) {
  const wanted: BuildSource['contexts'] = {};
  const directories = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1) throw new Error(`invalid context value: ${text}, expected key=value`);
    const [name, value] = [text.slice(0, at).toLowerCase(), text.slice(at + 1)];
    if (value.startsWith('docker-image://')) wanted[name] = { image: value.slice('docker-image://'.length) };
    else {
      const directory = path().resolve(value);
      if (!fs().statSync(directory, { throwIfNoEntry: false })?.isDirectory())
        throw new Error(`failed to get build context ${name}: ${value}: no such directory`);
      wanted[name] = { key: keyOf(directory) };
      directories.set(name, directory);
    }
  }
  const tree = (name: string): LocalTree => {
    const directory = directories.get(name);
    if (directory === undefined) throw new Error(`there is no context ${name}`);
    return listTree(directory, ignoreOf(directory, ''));
  };
  return { wanted, tree };
}

/** A Dockerfile alone, or an archive with one in it, from the standard input. */
async function fromInput(options: { file: string }, named: ReturnType<typeof namedContexts>): Promise<BuildSource> {
  const bytes = await readAll();
  const { isArchive, unpackInput } = await import('./archive-input.ts');
  if (!isArchive(bytes)) {
    return {
      dockerfile: { name: 'Dockerfile', bytes },
      contexts: named.wanted,
      tree: named.tree,
      close: () => undefined,
    };
  }
  const directory = await unpackInput(bytes);
  const dockerfile = await readDockerfile(directory, options.file);
  const ignore = ignoreOf(directory, dockerfile.path);
  return {
    dockerfile,
    key: keyOf('-'),
    ...(ignore && { ignored: [...ignore.patterns] }),
    contexts: named.wanted,
    tree: (name) => (name === 'context' ? listTree(directory, ignore) : named.tree(name)),
    close: () => fs().rmSync(directory, { recursive: true, force: true }),
  };
}

async function readAll(): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of readInput()) pieces.push(piece);
  return Buffer.concat(pieces);
}
