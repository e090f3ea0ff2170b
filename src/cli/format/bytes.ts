const units: Record<string, number> = { b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** Reads a size of memory: `512m`, `1.5GiB`, `1024`; powers of 1024. Throws `invalid size: 'x'`. */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?(?:([bkmgtp])(?:i?b)?)?$/i.exec(text);
  const unit = match?.[2]?.toLowerCase() ?? 'b';
  if (!match) throw new Error(`invalid size: '${text}'`);
  return Math.trunc(Number(match[1]) * 1024 ** (units[unit] ?? 0));
}

/** A size as people read it, powers of 1000, four digits at most: `1.98MB`. */
export function humanSize(bytes: number): string {
  return scaled(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'], 4);
}

/** A size as people read it, powers of 1024: `23.54GiB`. */
export function binarySize(bytes: number): string {
  return scaled(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'], 4);
}

/** humanSize with three digits, as image and container lists show it. */
export function listSize(bytes: number): string {
  return scaled(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'], 3);
}

function scaled(bytes: number, base: number, names: string[], digits: number): string {
  let size = bytes;
  let at = 0;
  while (size >= base && at < names.length - 1) {
    size /= base;
    at++;
  }
  return `${significant(size, digits)}${names[at]}`;
}

/** Go's %.4g for numbers below 10,000: so many significant digits, no trailing zeros, an exponent where they do not fit. */
function significant(size: number, digits: number): string {
  const [mantissa = '', exponent = '0'] = size.toExponential(digits - 1).split('e');
  if (size !== 0 && Number(exponent) >= digits) {
    const trimmed = mantissa.replace(/\.?0+$/, '');
    return `${trimmed}e+${exponent.replace('+', '').padStart(2, '0')}`;
  }
  return String(Number(size.toPrecision(digits)));
}
