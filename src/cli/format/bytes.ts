import { scaledSize } from '../../api/index.ts';

export { humanSize } from '../../api/index.ts';

const units: Record<string, number> = { b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** Reads a size of memory: `512m`, `1.5GiB`, `1024`; powers of 1024. Throws `invalid size: 'x'`. */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?(?:([bkmgtp])(?:i?b)?)?$/i.exec(text);
  const unit = match?.[2]?.toLowerCase() ?? 'b';
  if (!match) throw new Error(`invalid size: '${text}'`);
  return Math.trunc(Number(match[1]) * 1024 ** (units[unit] ?? 0));
}

/** A size as people read it, powers of 1024: `23.54GiB`. */
export function binarySize(bytes: number): string {
  return scaledSize(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'], 4);
}

/** humanSize with three digits, as image and container lists show it. */
export function listSize(bytes: number): string {
  return scaledSize(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'], 3);
}
