/** A moment of a query in nanoseconds. */
export function nanoseconds(moment: Date | bigint): bigint {
  return typeof moment === 'bigint' ? moment : BigInt(moment.getTime()) * 1_000_000n;
}

/** The same time with all nine digits, as Docker's timestamps have them: such texts sort as their times do. */
export function fixedTime(text: string): string {
  const [, seconds, fraction = ''] = /^(.*:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  return seconds === undefined ? text : `${seconds}.${fraction.padEnd(9, '0')}Z`;
}

const earliest = '0000-01-01T00:00:00.000000000Z';
const latest = '9999-12-31T23:59:59.999999999Z';

/** A moment of a query in that form; what lies outside of four-digit years is as good as their ends. */
export function fixedTimeOf(moment: Date | bigint): string {
  const time = nanoseconds(moment);
  const fraction = ((time % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = Number((time - fraction) / 1_000_000_000n);
  if (seconds < -62_167_219_200) return earliest;
  if (seconds > 253_402_300_799) return latest;
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction.toString().padStart(9, '0')}Z`;
}
