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

const devices = join(import.meta.dir, '../support/volume-devices.ts');

test('volumes have a size, lie in images and on servers; one that does not answer holds nobody up', async () => {
  const base = mkdtempSync(join(tmpdir(), 'tug-volumes-'));
  try {
    const said = await must(['unshare', '-m', '--propagation', 'private', process.execPath, devices, base]);
    expect(JSON.parse(said)).toEqual({
      empty: [],
      writes: ['ENOSPC', 'written'],
      size: true,
      looped: 1,
      hidden: [false, 0],
      back: true,
      gone: false,
      image: [['lost+found'], 'EROFS'],
      remote: [
        "error while mounting volume '@/volumes/lost/_data': failed to mount local volume: loop device of @/nowhere: no such file or directory",
        expect.stringMatching(/: mount :\/export:@\/volumes\/nfs\/_data, data: addr=127\.0\.0\.1,nolock: /),
        // No password in any message.
        expect.stringMatching(/: mount \/\/127\.0\.0\.1\/share:@\/.*, data: username=u,password=\*{8}: /),
      ],
      unresolved: true,
      meanwhile: ['', true, true],
      dead: true,
    });
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});
