import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readTar, type TarEntry } from '../../../src/oci/index.ts';

/** The files of an exported container, a line each by path: kind, mode, owner, extended attributes, and what it holds. */
export async function filesOf(archive: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const entry of readTar(createReadStream(archive))) {
    const path = `/${text(entry.name)}`.replace(/\/$/, '');
    found.set(path === '' ? '/' : path, await line(entry));
  }
  return found;
}

/** What is there besides, or otherwise than in, the base: one line each, sorted. */
export function filesBeside(base: ReadonlyMap<string, string>, files: ReadonlyMap<string, string>): string {
  return Array.from(files, ([path, shown]) => (base.get(path) === shown ? '' : `${path} ${shown}\n`))
    .filter((shown) => shown !== '')
    .toSorted()
    .join('');
}

async function line(entry: TarEntry): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of entry.data()) hash.update(chunk);
  const holds = {
    file: `${entry.size} ${hash.digest('hex').slice(0, 16)}`,
    link: `= /${text(entry.linkName)}`,
    symlink: `-> ${text(entry.linkName)}`,
  };
  const attributes = Array.from(entry.xattrs, ([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`);
  const owner = `${entry.uid}:${entry.gid}`;
  const mode = entry.mode.toString(8).padStart(4, '0');
  return [entry.type, mode, owner, (holds as Record<string, string>)[entry.type] ?? '', ...attributes.toSorted()]
    .join(' ')
    .trimEnd();
}

function text(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}
