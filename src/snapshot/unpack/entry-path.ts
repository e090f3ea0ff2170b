import { EngineError } from '../../kit/index.ts';

// Paths are byte strings (each character is one byte), relative to the layer's root, '' being the root itself.

/** A path of an archive without `.`, `..` and doubled slashes; `..` never leads above the root. */
export function normalised(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function joined(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}

/** The bytes the kernel takes for a byte string. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

const PREFIX = '.wh.';
const META = '.wh..wh.';

/** What an entry named so is: a file, the absence of one, the emptiness of its directory, or bookkeeping to pass over. */
export function whiteoutOf(base: string): { kind: 'none' | 'opaque' | 'meta' } | { kind: 'whiteout'; name: string } {
  if (base === '.wh..wh..opq') return { kind: 'opaque' };
  if (base.startsWith(META)) return { kind: 'meta' };
  if (!base.startsWith(PREFIX)) return { kind: 'none' };
  const name = base.slice(PREFIX.length);
  if (name === '' || name === '.' || name === '..') {
    throw new EngineError('invalid', `invalid whiteout ${JSON.stringify(base)}`);
  }
  return { kind: 'whiteout', name };
}
