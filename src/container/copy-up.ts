import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, readdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { closeFd, O_PATH, tryOpenIn } from '../host/index.ts';
import { crashpoint, EngineError } from '../kit/index.ts';
import type { MountPoint } from './spec/index.ts';

/** An empty volume takes on what the image has at its place, owner and mode of the directory included. */
export async function fillVolumes(rootFd: number, mounts: MountPoint[]): Promise<void> {
  for (const mount of mounts) {
    if (mount.type !== 'volume' || !mount.copy || readdirSync(mount.source).length > 0) continue;
    const from = tryOpenIn(rootFd, mount.destination, O_PATH | constants.O_DIRECTORY);
    if (from === undefined) continue;
    try {
      await copyTree(from, mount.source);
    } finally {
      closeFd(from);
    }
  }
}

/** Copies beside the target first, so that a kill leaves no half-filled volume. */
async function copyTree(from: number, target: string): Promise<void> {
  const filling = `${target}.filling`;
  await rm(filling, { recursive: true, force: true });
  // A process of its own: files on a volume may block for long.
  const copy = spawn('cp', ['-a', '--', '/proc/self/fd/3/.', `${filling}/`], {
    stdio: ['ignore', 'ignore', 'pipe', from],
  });
  let said = '';
  copy.stderr?.on('data', (bytes) => {
    said += bytes;
  });
  const [code] = await once(copy, 'close');
  if (code !== 0) throw new EngineError('internal', `failed to populate volume: ${said.trim()}`);
  crashpoint('container.volumeCopied');
  renameSync(filling, target);
  crashpoint('container.volumeFilled');
}
