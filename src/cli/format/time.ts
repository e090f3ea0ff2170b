/** A moment as lists show it, local time: `2026-11-21 23:30:19 +0000 UTC`. */
export function longMoment(milliseconds: number): string {
  const date = new Date(milliseconds);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${pad(Math.trunc(Math.abs(offset) / 60))}${pad(Math.abs(offset) % 60)}`;
  return `${day} ${clock} ${zone} ${zoneName(date)}`;
}

/** An RFC 3339 time with all its digits, as Go prints a time. */
export function preciseMoment(text: string): string {
  const whole = longMoment(Date.parse(text));
  const fraction = /\.(\d*?)0*(?:Z|[+-]\d\d:\d\d)$/.exec(text)?.[1];
  return fraction ? whole.replace(/^(\S+ \S+)/, `$1.${fraction}`) : whole;
}

function pad(part: number): string {
  return String(part).padStart(2, '0');
}

function zoneName(date: Date): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(date);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? 'UTC';
}
