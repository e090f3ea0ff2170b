import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** One defence less: in a file of the shim's source, what stands instead of a text. */
export type Weakening = [file: string, text: string, instead: string];

/** The shim without some of its defences, built apart; `remove` takes it away. A text that is not there is a failure. */
export function weakShim(...weakenings: Weakening[]): { path: string; remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'tug-weak-'));
  const native = join(directory, 'native');
  cpSync(resolve(import.meta.dir, '../../native'), native, { recursive: true });
  for (const [file, text, instead] of weakenings) {
    const source = readFileSync(join(native, file), 'utf8');
    if (!source.includes(text)) throw new Error(`${file} has no ${JSON.stringify(text)}`);
    writeFileSync(join(native, file), source.replaceAll(text, instead));
  }
  const path = join(directory, 'tug-shim');
  const sources = globSync(join(native, '*.c'));
  const made = Bun.spawnSync(['cc', '-std=gnu11', '-O0', '-w', '-static', '-o', path, ...sources]);
  if (!made.success) throw new Error(`the weakened shim could not be built: ${String(made.stderr)}`);
  return { path, remove: () => rmSync(directory, { recursive: true }) };
}
