import type { LogEntry } from './contract.ts';
import { fixedTime } from './time.ts';

const formEncoded = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');

/** An entry's bytes as a client gets them: with `timestamps` and `details` before them if wanted, as Docker writes them. */
export function formatEntry(entry: LogEntry, options: { timestamps: boolean; details: boolean }): Uint8Array {
  if (!options.timestamps && !options.details) return entry.line;
  const attrs = Object.entries(entry.attrs ?? {}).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const details = attrs.map(([name, value]) => `${formEncoded(name)}=${formEncoded(value)}`).join(',');
  const prefix = `${options.timestamps ? `${fixedTime(entry.time)} ` : ''}${options.details ? `${details} ` : ''}`;
  return Buffer.concat([Buffer.from(prefix), entry.line]);
}
