/** Nanoseconds since the epoch; no two calls give the same, so that what happened in a row also sorts in a row. */
export type Clock = () => bigint;

const second = 1_000_000_000n;
const millisecond = 1_000_000n;

export function createClock(): Clock {
  let last = 0n;
  let start = 0n;
  return () => {
    const wall = BigInt(Date.now()) * millisecond;
    const ticks = process.hrtime.bigint();
    // The wall's clock has milliseconds; what is between them the other one tells, which knows no day.
    if (start + ticks < wall || start + ticks >= wall + millisecond) start = wall - ticks;
    const now = start + ticks;
    const stepped = last - now > second;
    last = now > last || stepped ? now : last + 1000n;
    return last;
  };
}

/** RFC 3339 in UTC with as many digits of a second as are not zero, the way Docker writes times. */
export function formatTime(time: bigint | Date): string {
  const nanoseconds = typeof time === 'bigint' ? time : BigInt(time.getTime()) * 1_000_000n;
  const whole = new Date(Number(nanoseconds / 1_000_000n)).toISOString().slice(0, 19);
  const fraction = (nanoseconds % second).toString().padStart(9, '0').replace(/0+$/, '');
  return fraction ? `${whole}.${fraction}Z` : `${whole}Z`;
}

/** Nanoseconds since the epoch of a time that `formatTime` wrote. */
export function parseTime(text: string): bigint {
  const [, whole = text, fraction = ''] = /^(.{19})(?:\.(\d+))?Z$/.exec(text) ?? [];
  return BigInt(Date.parse(`${whole}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** The same in whole milliseconds. */
export function parseMilliseconds(text: string): number {
  return Number(parseTime(text) / 1_000_000n);
}

/** The same in whole seconds, which is had for less. */
export function secondsOf(text: string): number {
  return Date.parse(`${text.slice(0, 19)}Z`) / 1000;
}

/** Negative when one such time is before the other, without reading them as numbers. */
export function compareTimes(one: string, other: string): number {
  const [first, second] = [one.slice(0, -1), other.slice(0, -1)];
  return first < second ? -1 : Number(first > second);
}
