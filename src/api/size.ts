/** A size as people read it, powers of 1000, four digits at most: `1.98MB`. */
export function humanSize(bytes: number): string {
  return scaledSize(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'], 4);
}

/** A size in the largest of the units (each `base` times the one before) that leaves one or more, as so many digits as Go writes them. */
export function scaledSize(bytes: number, base: number, names: string[], digits: number): string {
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
