import { invalidHeader } from './bytes.ts';

/** Extended header records; in their order, for a key may come more than once (sparse maps of version 0.0). */
export type PaxRecords = [key: string, value: string][];

/** Tells where an entry's contents are, if not in the archive: between programs that have agreed on it. */
export const elsewhereRecord = 'TUG.elsewhere';

const noNul = new Set(['path', 'linkpath', 'uname', 'gname']);

/** The records `<length> <key>=<value>\n` of a PAX header, as byte strings. */
export function parsePax(bytes: Uint8Array): PaxRecords {
  const records: PaxRecords = [];
  let rest = Buffer.from(bytes).toString('latin1');
  while (rest.length > 0) {
    const digits = /^([1-9][0-9]{0,8}) /.exec(rest);
    const length = Number(digits?.[1]);
    const start = digits?.[0].length ?? 0;
    const equals = rest.indexOf('=', start);
    if (!digits || length > rest.length || rest[length - 1] !== '\n' || equals <= start || equals >= length) {
      throw invalidHeader();
    }
    const key = rest.slice(start, equals);
    const value = rest.slice(equals + 1, length - 1);
    if (key.includes('\0') || (noNul.has(key) && value.includes('\0'))) throw invalidHeader();
    records.push([key, value]);
    rest = rest.slice(length);
  }
  return records;
}

/** A decimal count, as in `size`, `uid` and sparse maps. */
export function paxCount(value: string): number {
  const number = Number(value);
  if (!/^[0-9]+$/.test(value) || !Number.isSafeInteger(number)) throw invalidHeader();
  return number;
}

/** `seconds[.fraction]`, possibly negative, as whole seconds and nanoseconds after them. */
export function paxTime(value: string): { seconds: number; nanoseconds: number } {
  const match = /^(-?)([0-9]{1,15})(?:\.([0-9]*))?$/.exec(value);
  if (!match) throw invalidHeader();
  const seconds = Number(match[2]);
  const nanoseconds = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  if (match[1] !== '-') return { seconds, nanoseconds };
  return nanoseconds === 0
    ? { seconds: seconds === 0 ? 0 : -seconds, nanoseconds }
    : { seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds };
}
