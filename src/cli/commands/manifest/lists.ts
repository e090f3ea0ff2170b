import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '../../../kit/index.ts';
import type { Reference } from '../../../oci/index.ts';
import type { Config } from '../../config/file.ts';
import { formatJson } from '../../format/json.ts';
import { wholeName } from '../image/pull.ts';
import type { ListedManifest } from './manifest.ts';

/** The manifest lists in the making, in Docker's own files: a directory for each under `manifests` beside config.json. */
export interface Lists {
  /** In the order of their files' names; fails with `No such manifest: …` where there is no such list. */
  all(list: Reference): Promise<ListedManifest[]>;
  /** Undefined where the list has it not, or is not there. */
  get(list: Reference, manifest: Reference): Promise<ListedManifest | undefined>;
  put(list: Reference, manifest: Reference, value: ListedManifest): Promise<void>;
  remove(list: Reference): Promise<void>;
}

export function createLists(config: Config): Lists {
  const root = join(config.directory, 'manifests');
  const directoryOf = (list: Reference) => join(root, fileName(list));
  const lists: Lists = {
    async all(list) {
      const names = await orNothing(readdir(directoryOf(list)));
      if (!names || names.length === 0) throw new Error(`No such manifest: ${wholeName(list)}`);
      return Promise.all(names.toSorted().map((name) => read(join(directoryOf(list), name)))) as Promise<
        ListedManifest[]
      >;
    },
    get: (list, manifest) => read(join(directoryOf(list), fileName(manifest))),
    async put(list, manifest, value) {
      await mkdir(directoryOf(list), { recursive: true, mode: 0o755 });
      const path = join(directoryOf(list), fileName(manifest));
      const made = join(root, `.${newId()}`);
      await writeFile(made, formatJson(value), { mode: 0o644 });
      await rename(made, path);
    },
    async remove(list) {
      await lists.all(list);
      await rm(directoryOf(list), { recursive: true });
    },
  };
  return lists;
}

async function read(path: string): Promise<ListedManifest | undefined> {
  const text = await orNothing(readFile(path, 'utf8'));
  return text === undefined ? undefined : (JSON.parse(text) as ListedManifest);
}

async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Docker's names for the files: one for each reference, without slashes and colons. */
function fileName(reference: Reference): string {
  return wholeName(reference).replaceAll(':', '-').replaceAll('/', '_');
}
