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

test('it names this process, and goes with it', () => {
  const path = join(directory, 'deep', 'tug.pid');
  const remove = writePidfile(path);
  expect(readFileSync(path, 'utf8')).toBe(String(process.pid));
  remove();
  expect(existsSync(path)).toBe(false);
});

test('a second engine is refused and leaves the file as it is', () => {
  const path = join(directory, 'tug.pid');
  const remove = writePidfile(path);
  expect(() => writePidfile(path)).toThrow(`process with PID ${process.pid} is still running`);
  expect(readFileSync(path, 'utf8')).toBe(String(process.pid));
  remove();
});

test('the file of a killed engine is taken over, also when a longer number stood in it', () => {
  const path = join(directory, 'tug.pid');
  writeFileSync(path, '123456789012');
  const remove = writePidfile(path);
  expect(readFileSync(path, 'utf8')).toBe(String(process.pid));
  remove();
});
