import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from './contract.ts';

/** This machine, as a process of it sees it. `chains` tells of nftables; without it nothing is known of them. */
export function thisHost(chains: Host['chains'] = () => []): Host {
  return {
    read: (path) => attempt(() => readFileSync(path, 'utf8')),
    exists: existsSync,
    list: (path) => attempt(() => readdirSync(path)) ?? [],
    space: (path) =>
      attempt(() => {
        const { bsize, blocks, bavail, files, ffree } = statfsSync(path);
        return { bytes: { size: blocks * bsize, available: bavail * bsize }, inodes: { total: files, free: ffree } };
      }),
    program: (name) =>
      (process.env.PATH ?? '')
        .split(':')
        .map((directory) => join(directory, name))
        .find(isProgram),
    chains,
    now: Date.now,
  };
}

/** What cannot be read is as if it were not there: the checks say what that means. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

const isProgram = (path: string): boolean => attempt(() => accessSync(path, constants.X_OK) ?? true) === true;
