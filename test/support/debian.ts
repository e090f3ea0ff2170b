import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from './command.ts';

const cache = join(import.meta.dirname, '../../.cache');

/** The tar of a small Debian 12, made with debootstrap once and kept. */
export async function debianTar(): Promise<string> {
  const tar = join(cache, 'debian-bookworm.tar');
  if (existsSync(tar)) return tar;
  mkdirSync(cache, { recursive: true });
  const root = mkdtempSync(join(tmpdir(), 'tug-debian-'));
  await must(['debootstrap', '--variant=minbase', 'bookworm', root], { timeout: 500_000 });
  chmodSync(root, 0o755);
  rmSync(join(root, 'var/cache/apt/archives'), { recursive: true });
  mkdirSync(join(root, 'var/cache/apt/archives/partial'), { recursive: true });
  await must(['tar', '-C', root, '--numeric-owner', '-cf', `${tar}.new`, '.'], { timeout: 100_000 });
  renameSync(`${tar}.new`, tar);
  rmSync(root, { recursive: true });
  return tar;
}
