import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePidfile } from './pidfile.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tug-pidfile-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('it names this process, and goes with it', async () => {
  const path = join(directory, 'deep', 'tug.pid');
  const remove = await writePidfile(path);
  expect(readFileSync(path, 'utf8')).toBe(String(process.pid));
  remove();
  expect(existsSync(path)).toBe(false);
});

test('a second engine is refused and leaves the file as it is', async () => {
  const path = join(directory, 'tug.pid');
  const remove = await writePidfile(path);
  await expect(writePidfile(path)).rejects.toThrow(`process with PID ${process.pid} is still running`);
  expect(readFileSync(path, 'utf8')).toBe(String(process.pid));
  remove();
});

test('the file of a killed engine is taken over, also when a longer number stood in it', async () => {
  const path = join(directory, 'tug.pid');
  writeFileSync(path, '123456789012');
  const remove = await writePidfile(path);
  expect(readFileSync(path, 'utf8')).toBe(String(process.pid));
  remove();
});

test('a child of a killed engine that still holds the file is waited for', async () => {
  const path = join(directory, 'tug.pid');
  const ended = Bun.spawnSync(['true']).pid;
  writeFileSync(path, String(ended));
  const child = Bun.spawn(['flock', path, 'sh', '-c', 'echo held; read goOn'], { stdin: 'pipe', stdout: 'pipe' });
  await child.stdout.getReader().read();
  const taken = writePidfile(path);
  expect(await Promise.race([taken, Bun.sleep(50)])).toBeUndefined();
  child.stdin.write('\n');
  await child.stdin.end();
  (await taken)();
  await child.exited;
});
