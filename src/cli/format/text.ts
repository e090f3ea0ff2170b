/** The first letters of a text; what was cut is said by an ellipsis. */
export function ellipsis(text: string, length: number): string {
  // No more letters than units.
  if (text.length <= length) return text;
  const letters = [...text];
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join('')}…`;
}

/** Labels on one line, `a=b,c=d`. */
export function joinLabels(labels: Record<string, string> | null | undefined): string {
  return Object.entries(labels ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/** An id as lists show it. */
export function displayId(id: string, isWhole: boolean): string {
  if (isWhole) return id;
  const from = id.startsWith('sha256:') ? 7 : 0;
  return id.slice(from, from + 12);
}

/** A text in Go's double quotes. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(/\\u00(7f)/g, '\\x$1');
}

const chunks = (text: string) => text.match(/\d+|\D/g) ?? [];

/** Orders names as people do: runs of digits count as numbers (`web2` before `web10`). */
export function naturalOrder(a: string, b: string): number {
  const [left, right] = [chunks(a), chunks(b)];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const [one = '', other = ''] = [left[at], right[at]];
    if (one === other) continue;
    if (!/^\d/.test(one) || !/^\d/.test(other)) return one < other ? -1 : 1;
    const [short, long] = [one.replace(/^0+/, ''), other.replace(/^0+/, '')];
    if (short !== long) return short.length - long.length || (short < long ? -1 : 1);
    return one.length - other.length;
  }
  return left.length - right.length;
}
