/** One entry for `makeTar`; what is left out is a plain file of root's, 0644, of 1970. `raw` overrides bytes of the header. */
export interface TarPart {
  name: string;
  type?: string;
  data?: string | Uint8Array;
  mode?: number;
  uid?: number;
  gid?: number;
  mtime?: number;
  linkName?: string;
  device?: [major: number, minor: number];
  pax?: Record<string, string>;
  /** The size the header states, where it is not the data's. */
  size?: number;
  raw?: [offset: number, bytes: string][];
}

/** A ustar archive with PAX headers where asked for; it writes whatever it is told, also what no archive may hold. */
export function makeTar(parts: TarPart[], options: { end?: boolean } = {}): Buffer {
  const blocks = parts.flatMap((part) => {
    const pax = part.pax ? entry({ name: 'PaxHeaders', type: 'x', data: paxData(part.pax) }) : [];
    return [...pax, ...entry(part)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(options.end === false ? 0 : 1024)]);
}

function entry(part: TarPart): Buffer[] {
  const data = Buffer.from((part.data ?? '') as string);
  const header = Buffer.alloc(512);
  const put = (offset: number, value: string) => header.write(value, offset, 'latin1');
  const octal = (offset: number, length: number, value: number) =>
    put(offset, `${value.toString(8).padStart(length - 1, '0')}\0`);
  put(0, part.name.slice(0, 100));
  octal(100, 8, part.mode ?? 0o644);
  octal(108, 8, part.uid ?? 0);
  octal(116, 8, part.gid ?? 0);
  octal(124, 12, part.size ?? data.length);
  octal(136, 12, part.mtime ?? 0);
  put(156, part.type ?? '0');
  put(157, (part.linkName ?? '').slice(0, 100));
  put(257, 'ustar\x0000');
  octal(329, 8, part.device?.[0] ?? 0);
  octal(337, 8, part.device?.[1] ?? 0);
  for (const [offset, bytes] of part.raw ?? []) put(offset, bytes);
  put(148, '        ');
  octal(
    148,
    7,
    header.reduce((sum, byte) => sum + byte, 0),
  );
  return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
}

function paxData(records: Record<string, string>): Buffer {
  return Buffer.concat(
    Object.entries(records).map(([key, value]) => {
      const body = ` ${key}=${value}\n`;
      const bytes = Buffer.from(body, 'latin1');
      let length = bytes.length + 1;
      while (String(length).length + bytes.length !== length) length++;
      return Buffer.concat([Buffer.from(String(length)), bytes]);
    }),
  );
}
