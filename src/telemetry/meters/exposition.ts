/** What tells one series of a measure from another. */
export type Labels = Record<string, string>;

/** One line of Prometheus's text format, with its newline. */
export function line(name: string, labels: Labels, value: number): string {
  return `${name}${format(labels)} ${number(value)}\n`;
}

/** `{name="value",…}` in the order given; nothing where there are none. */
export function format(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
