/** The newest API this engine speaks, and the oldest. */
export const apiVersion = '1.51';
export const minApiVersion = '1.24';

/** Negative when `a` is older than `b`; missing parts count as 0. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function olderThan(version: string, than: string): boolean {
  return compareVersions(version, than) < 0;
}
