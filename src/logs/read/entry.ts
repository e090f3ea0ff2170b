/** One line of output with its newline, if it had one; what is longer than 16 KiB comes in several entries. */
export interface LogEntry {
  stream: 'stdout' | 'stderr';
  /** RFC 3339, UTC, up to nine digits of a second, as the log has it. */
  time: string;
  line: Uint8Array;
  /** Labels and variables that the log driver was told to keep. */
  attrs?: Record<string, string>;
}

const opening = '{"log":';

/** The entry a line holds; undefined for a line that is none. A line that a torn one runs into is still found. */
export function parseLine(line: Buffer): LogEntry | undefined {
  const at = line.lastIndexOf(opening);
  if (at < 0) return undefined;
  let parsed: { log?: unknown; stream?: unknown; time?: unknown; attrs?: Record<string, string> } | null;
  try {
    parsed = JSON.parse(line.toString('utf8', at)) as typeof parsed;
  } catch {
    return undefined;
  }
  const { log, stream, time, attrs } = parsed ?? {};
  if (typeof log !== 'string' || typeof time !== 'string' || (stream !== 'stdout' && stream !== 'stderr')) {
    return undefined;
  }
  return { stream, time, line: Buffer.from(log), ...(attrs ? { attrs } : {}) };
}

const formEncoded = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');

/** What the driver was told to keep, as Docker writes it before a line. */
export function formatDetails(attrs: Record<string, string> = {}): string {
  return Object.entries(attrs)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${formEncoded(name)}=${formEncoded(value)}`)
    .join(',');
}
