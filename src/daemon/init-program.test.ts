import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeInit } from './init-program.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tug-init-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('the program is there, executable; another one takes its place under the same name, the same one stays', () => {
  const path = placeInit(directory, Buffer.from('one'));
  expect(path).toBe(join(directory, 'init/docker-init'));
  expect(statSync(path).mode & 0o777).toBe(0o755);
  const { ino } = statSync(path);
  placeInit(directory, Buffer.from('one'));
  expect(statSync(path).ino).toBe(ino);
  placeInit(directory, Buffer.from('two'));
  expect(readFileSync(path, 'utf8')).toBe('two');
  expect(statSync(path).ino).not.toBe(ino);
});
