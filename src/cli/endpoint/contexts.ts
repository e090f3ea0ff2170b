import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { naturalOrder } from '../format/text.ts';

/** A named way to an engine, as ~/.docker/contexts/meta holds it. */
export interface ContextMetadata {
  Name: string;
  Metadata: Record<string, unknown>;
  Endpoints: Record<string, { Host?: string; SkipTLSVerify?: boolean }>;
}

/** Files of TLS material by endpoint and name. */
export type TlsFiles = Record<string, Record<string, Buffer>>;

const validName = /^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/;

/** Refuses what cannot be the name of a context that is kept. */
export function checkContextName(name: string): void {
  if (name === '') throw new Error('context name cannot be empty');
  if (name === 'default') throw new Error('"default" is a reserved context name');
  if (!validName.test(name)) {
    throw new Error(
      `context name ${JSON.stringify(name)} is invalid, names are validated against regexp "^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$"`,
    );
  }
}

/** A context that is not there. */
export class NoSuchContext extends Error {}

/** The contexts under a configuration directory, in Docker's files. */
export interface ContextStore {
  get(name: string): Promise<ContextMetadata>;
  list(): Promise<ContextMetadata[]>;
  put(context: ContextMetadata): Promise<void>;
  remove(name: string): Promise<void>;
  tls(name: string): Promise<TlsFiles>;
  putTls(name: string, files: TlsFiles): Promise<void>;
  paths(name: string): { MetadataPath: string; TLSPath: string };
}

export function createContextStore(configDirectory: string): ContextStore {
  const root = join(configDirectory, 'contexts');
  const paths = (name: string) => {
    const id = createHash('sha256').update(name).digest('hex');
    return { MetadataPath: join(root, 'meta', id), TLSPath: join(root, 'tls', id) };
  };
  return {
    paths,
    async get(name) {
      const file = join(paths(name).MetadataPath, 'meta.json');
      try {
        return await readMetadata(file);
      } catch (error) {
        if ((error as { code?: string }).code !== 'ENOENT') throw error;
        throw new NoSuchContext(
          `context ${JSON.stringify(name)}: context not found: open ${file}: no such file or directory`,
          { cause: error },
        );
      }
    },
    async list() {
      const ids = await readdir(join(root, 'meta')).catch(() => []);
      const found = await Promise.all(ids.map((id) => readMetadata(join(root, 'meta', id, 'meta.json')).catch(absent)));
      return found.filter((one) => one !== undefined).toSorted((a, b) => naturalOrder(a.Name, b.Name));
    },
    put: (context) => writeWhole(join(paths(context.Name).MetadataPath, 'meta.json'), JSON.stringify(context), 0o644),
    async remove(name) {
      const { MetadataPath, TLSPath } = paths(name);
      await rm(MetadataPath, { recursive: true, force: true });
      await rm(TLSPath, { recursive: true, force: true });
    },
    tls: (name) => readTls(paths(name).TLSPath),
    async putTls(name, files) {
      const { TLSPath } = paths(name);
      await rm(TLSPath, { recursive: true, force: true });
      for (const [endpoint, named] of Object.entries(files)) {
        for (const [file, bytes] of Object.entries(named)) {
          await mkdir(join(TLSPath, endpoint), { recursive: true, mode: 0o700 });
          await writeWhole(join(TLSPath, endpoint, file), bytes, 0o600);
        }
      }
    },
  };
}

function absent(error: unknown): undefined {
  if ((error as { code?: string }).code !== 'ENOENT') throw error;
}

async function readMetadata(file: string): Promise<ContextMetadata> {
  const text = await readFile(file, 'utf8');
  try {
    const { Name, Metadata, Endpoints } = JSON.parse(text) as Partial<ContextMetadata>;
    return { Name: Name ?? '', Metadata: Metadata ?? {}, Endpoints: Endpoints ?? {} };
  } catch (error) {
    throw new Error(`parsing ${file}: ${(error as Error).message}`, { cause: error });
  }
}

async function readTls(directory: string): Promise<TlsFiles> {
  const files: TlsFiles = {};
  for (const endpoint of (await readdir(directory).catch(() => [])).toSorted()) {
    if (!(await stat(join(directory, endpoint))).isDirectory()) continue;
    const named: Record<string, Buffer> = {};
    for (const file of (await readdir(join(directory, endpoint))).toSorted()) {
      named[file] = await readFile(join(directory, endpoint, file));
    }
    files[endpoint] = named;
  }
  return files;
}

async function writeWhole(path: string, data: string | Buffer, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, data, { mode });
  await rename(temporary, path);
}
