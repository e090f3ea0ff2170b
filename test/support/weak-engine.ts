import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { builtShim } from './runtime.ts';
import { type Weakening as ShimWeakening, weakShim } from './weak-shim.ts';

/** One defence less: in a file below src, what stands instead of a text. */
export type Weakening = [file: string, text: string, instead: string];

/** A program that is the engine without some of its defences; `remove` takes it away. A text that is not there is a failure. */
export function weakEngine(of: { source: Weakening[]; shim: ShimWeakening[] }): { path: string; remove: () => void } {
  const tree = resolve(import.meta.dirname, '../..');
  const directory = mkdtempSync(join(tmpdir(), 'tug-weak-engine-'));
  const shim = of.shim.length > 0 ? weakShim(...of.shim) : undefined;
  try {
    cpSync(join(tree, 'src'), join(directory, 'src'), { recursive: true });
    cpSync(join(tree, 'package.json'), join(directory, 'package.json'));
    cpSync(join(tree, 'native'), join(directory, 'native'), { recursive: true });
    symlinkSync(join(tree, 'node_modules'), join(directory, 'node_modules'));
    mkdirSync(join(directory, 'dist'));
    cpSync(shim?.path ?? builtShim(), join(directory, 'dist/tug-shim'));
    for (const [file, text, instead] of of.source) weaken(join(directory, 'src', file), text, instead);
  } finally {
    shim?.remove();
  }
  const path = join(directory, 'engine');
  const bun = join(tree, 'node_modules/.bin/bun');
  writeFileSync(path, `#!/bin/sh\nexec ${bun} ${join(directory, 'src/cli.ts')} "$@"\n`, { mode: 0o755 });
  return { path, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

function weaken(path: string, text: string, instead: string): void {
  const source = readFileSync(path, 'utf8');
  if (!source.includes(text)) throw new Error(`${path} has no ${JSON.stringify(text)}`);
  writeFileSync(path, source.replaceAll(text, instead));
}
