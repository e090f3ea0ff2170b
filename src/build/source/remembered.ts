import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { crashpoint } from '../../kit/index.ts';
import type { LocalEntry } from '../contract.ts';

/** What lies in a directory of the list. */
export interface Level {
  names: Map<string, { entry: LocalEntry; place: number }>;
}

/** What a copy of a client's directory was made to be the last time, so that only what differs is looked at. */
export interface Remembered {
  /** The directories in which something may be otherwise. Until `keep`, a copy may be half one thing and half another. */
  changed(levels: Map<string, Level>): Set<string>;
  /** It is now what was listed. */
  keep(): void;
}

interface Written {
  /** Of the directory that the copy was. */
  inode: number;
  levels: Record<string, string>;
}

/**
 * Of the copy in a directory, in a file beside it; where that is gone or damaged, everything is looked at. The copy itself is the
 * engine's alone.
 */
export function rememberedLevels(directory: string): Remembered {
  const path = `${directory}.json`;
  const inode = statSync(directory).ino;
  let levels: Written['levels'] = {};
  let changed = new Set<string>();
  return {
    changed(all) {
      const before = readBefore(path, inode);
      levels = Object.fromEntries([...all].map(([name, level]) => [name, digestOf(level)]));
      changed = new Set([...all.keys()].filter((name) => before[name] !== levels[name]));
      if (changed.size > 0) rmSync(path, { force: true });
      crashpoint('build.local.forgotten');
      return changed;
    },
    keep() {
      if (changed.size === 0) return;
      writeFileSync(`${path}.new`, JSON.stringify({ inode, levels } satisfies Written), { mode: 0o600 });
      renameSync(`${path}.new`, path);
      crashpoint('build.local.kept');
    },
  };
}

function readBefore(path: string, inode: number): Written['levels'] {
  try {
    const written = JSON.parse(readFileSync(path, 'utf8')) as Written;
    return written.inode === inode ? written.levels : {};
  } catch {
    return {}; // never written, or half: then nothing is taken for known
  }
}

function digestOf({ names }: Level): string {
  const parts: string[] = [];
  for (const [name, { entry }] of names) {
    const { kind, mode, size, modified, link = '' } = entry;
    const about = kind === 'file' ? `${size} ${modified.seconds} ${modified.nanoseconds} ${link}` : link;
    parts.push(`${name}\0${kind} ${mode} ${about}\0`);
  }
  return createHash('sha1').update(parts.join('')).digest('hex');
}
