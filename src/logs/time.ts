/** Nanoseconds since the epoch of an RFC 3339 time in UTC; undefined for anything else. */
export function parseTime(text: string): bigint | undefined {
  const [, seconds, fraction = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  if (seconds === undefined) return undefined;
  const milliseconds = Date.parse(`${seconds}Z`);
  return Number.isNaN(milliseconds) ? undefined : BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** A moment of a query in nanoseconds. */
export function nanoseconds(moment: Date | bigint): bigint {
  return typeof moment === 'bigint' ? moment : BigInt(moment.getTime()) * 1_000_000n;
}

/** The same time with all nine digits, as Docker's timestamps have them. */
export function fixedTime(text: string): string {
  const [, seconds, fraction = ''] = /^(.*:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  return seconds === undefined ? text : `${seconds}.${fraction.padEnd(9, '0')}Z`;
}
