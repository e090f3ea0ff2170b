import { expect, test } from 'bun:test';
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messagePair, sendFds } from './unix-socket.ts';

test('hundreds of fds arrive whole, whatever the garbage collector does meanwhile', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tug-fds-'));
  const path = join(directory, 'file');
  writeFileSync(path, '');
  const file = openSync(path, 'r');
  for (let round = 0; round < 300; round++) {
    const [ours, theirs] = messagePair();
    if (round % 10 === 0) Bun.gc(true);
    // A corrupt message is refused by the kernel: EFAULT, EINVAL or EBADF.
    sendFds(ours, Buffer.from('f'), Array(round % 200).fill(file));
    sendFds(ours, Buffer.from('e'), []);
    closeSync(ours);
    closeSync(theirs);
  }
  expect(fstatSync(file).nlink).toBe(1);
  closeSync(file);
  rmSync(directory, { recursive: true });
});
