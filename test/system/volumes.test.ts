import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../support/command.ts';

const program = join(import.meta.dir, '../support/volume-mounts.ts');

test('volumes with options are mounted while they are used, shared by their users, and never taken for their own files', async () => {
  const base = mkdtempSync(join(tmpdir(), 'tug-volumes-'));
  try {
    const said = await must(['unshare', '-m', '--propagation', 'private', process.execPath, program, base]);
    expect(JSON.parse(said)).toEqual({
      shared: [1, true],
      released: [0, []],
      bound: 'data',
      readOnly: 'EROFS',
      afterwards: 1,
      // What the host has there is untouched.
      removed: [0, false, ['precious']],
      failures: [
        "error while mounting volume '@/volumes/nowhere/_data': failed to mount local volume: mount @/nowhere:@/volumes/nowhere/_data, flags: 0x1000: no such file or directory",
        "error while mounting volume '@/volumes/unknown/_data': failed to mount local volume: mount x:@/volumes/unknown/_data, flags: 0x9, data: a=b: no such device",
      ],
      left: 0,
    });
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});
