import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import type { StepPlace } from './place.ts';

type Texts = Record<'hosts' | 'resolvConf', string>;

/**
 * Where the files are that a step has in /etc. It can only read them, so steps for which they say the same share them; one that may
 * mount what it likes has its own.
 */
export function etcFiles(context: Context, texts: Texts, of: { place: StepPlace; shared: boolean }): Texts {
  const pathOf = (text: string) => (of.shared ? sharedFile(context, text) : ownFile(of.place, text));
  return { hosts: pathOf(texts.hosts), resolvConf: pathOf(texts.resolvConf) };
}

function sharedFile({ directory, etc }: Context, text: string): string {
  const known = etc.get(text);
  if (known !== undefined) return known;
  const path = fileIn(join(directory, 'etc'), text);
  etc.set(text, path);
  return path;
}

const ownFile = (place: StepPlace, text: string): string => fileIn(place.directory(), text);

function fileIn(directory: string, text: string): string {
  const path = join(directory, createHash('sha256').update(text).digest('hex').slice(0, 32));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
  return path;
}
