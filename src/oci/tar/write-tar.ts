import { elsewhereRecord } from './pax.ts';

/** What one header says. Texts are byte strings (each character is one byte), as in TarEntry. */
export interface TarHead {
  name: string;
  /** ustar's letter: 0 file, 1 hard link, 2 symbolic link, 3 and 4 devices, 5 directory, 6 fifo. */
  type: string;
  mode: number;
  uid: number;
  gid: number;
  /** Bytes of data that follow. */
  size: number;
  modified: { seconds: number; nanoseconds: number };
  linkName: string;
  device: [major: number, minor: number];
  uname?: string;
  gname?: string;
  xattrs?: Map<string, Uint8Array>;
  /** See TarEntry. */
  elsewhere?: string;
}

/** The two blocks of zeros that end an archive. */
export const tarEnd: Uint8Array = new Uint8Array(1024);

/** How many zeros follow so much data. */
export function tarPadding(size: number): number {
  return (512 - (size % 512)) % 512;
}

/** A header as bytes; what ustar cannot hold stands in a PAX header before it. */
export function encodeTarHead(head: TarHead): Uint8Array {
  const records = paxRecords(head);
  const block = ustar(head);
  if (records.length === 0) return block;
  const body = Buffer.concat(records.map(([key, value]) => record(key, value)));
  const name = `PaxHeaders.0/${head.name.replace(/\/+$/, '').replace(/^.*\//s, '')}`.slice(0, 100);
  const plain = { mode: 0o644, uid: 0, gid: 0, linkName: '', device: [0, 0] as [number, number] };
  const before = ustar({ ...plain, name, type: 'x', size: body.length, modified: { seconds: 0, nanoseconds: 0 } });
  return Buffer.concat([before, body, Buffer.alloc(tarPadding(body.length)), block]);
}

/** What there is to say of root's own; `mode` unless told 0755 for a directory, whose name ends in `/`, and 0644 for a file. */
export interface PlainTarHead {
  name: string;
  size?: number;
  mode?: number;
  seconds?: number;
  nanoseconds?: number;
}

/** The header of a file or directory of root's. */
export function plainTarHead({ name, size = 0, seconds = 0, nanoseconds = 0, ...given }: PlainTarHead): Uint8Array {
  const isDirectory = name.endsWith('/');
  return encodeTarHead({
    name,
    type: isDirectory ? '5' : '0',
    mode: given.mode ?? (isDirectory ? 0o755 : 0o644),
    uid: 0,
    gid: 0,
    size,
    modified: { seconds, nanoseconds },
    linkName: '',
    device: [0, 0],
  });
}

const most = { id: 0o7777777, size: 0o77777777777 };

function paxRecords(head: TarHead): [key: string, value: Buffer | string][] {
  const records: [string, Buffer | string][] = [];
  const { seconds, nanoseconds } = head.modified;
  if (!fits(head.name, 100) && !splitName(head.name)) records.push(['path', head.name]);
  if (!fits(head.linkName, 100)) records.push(['linkpath', head.linkName]);
  if (head.size > most.size) records.push(['size', String(head.size)]);
  if (head.uid > most.id) records.push(['uid', String(head.uid)]);
  if (head.gid > most.id) records.push(['gid', String(head.gid)]);
  if (nanoseconds !== 0 || seconds < 0 || seconds > most.size) records.push(['mtime', moment(seconds, nanoseconds)]);
  for (const [name, value] of head.xattrs ?? []) records.push([`SCHILY.xattr.${name}`, Buffer.from(value)]);
  if (head.elsewhere !== undefined) records.push([elsewhereRecord, head.elsewhere]);
  return records;
}

/** Only printable ASCII goes into ustar's own fields: readers differ on the rest. */
function fits(text: string, room: number): boolean {
  return text.length <= room && !/[^\u0020-\u007e]/.test(text);
}

/** Before 1970 the fraction counts backwards too. */
function moment(seconds: number, nanoseconds: number): string {
  const isPast = seconds < 0 && nanoseconds > 0;
  const whole = isPast ? seconds + 1 : seconds;
  const rest = isPast ? 1e9 - nanoseconds : nanoseconds;
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(9, '0').replace(/0+$/, '')}`;
  return `${isPast && whole === 0 ? '-' : ''}${whole}${fraction}`;
}

/** A long name in ustar's two fields, cut at a slash. */
function splitName(name: string): [prefix: string, rest: string] | undefined {
  if (!fits(name, 256)) return undefined;
  const at = name.indexOf('/', Math.max(name.length - 101, 1));
  return at > 0 && at <= 155 && at < name.length - 1 ? [name.slice(0, at), name.slice(at + 1)] : undefined;
}

function ustar(head: Omit<TarHead, 'xattrs'>): Buffer {
  const block = Buffer.alloc(512);
  const put = (at: number, text: string, room: number) => {
    if (text !== '') block.write(text.slice(0, room), at, 'latin1');
  };
  const octal = (at: number, room: number, value: number) => writeOctal(block, { at, digits: room - 1, value });
  const [prefix, name] = fits(head.name, 100) ? ['', head.name] : (splitName(head.name) ?? ['', head.name]);
  put(0, name, 100);
  octal(100, 8, head.mode & 0o7777);
  octal(108, 8, head.uid > most.id ? 0 : head.uid);
  octal(116, 8, head.gid > most.id ? 0 : head.gid);
  octal(124, 12, head.size > most.size ? 0 : head.size);
  octal(136, 12, Math.min(Math.max(head.modified.seconds, 0), most.size));
  put(156, head.type, 1);
  put(157, head.linkName, 100);
  put(257, 'ustar\x0000', 8);
  put(265, head.uname ?? '', 31);
  put(297, head.gname ?? '', 31);
  octal(329, 8, head.device[0]);
  octal(337, 8, head.device[1]);
  put(345, prefix, 155);
  block.fill(' ', 148, 156);
  let sum = 0;
  // An iterator over so few bytes costs more than all the rest of a header.
  for (let at = 0; at < 512; at++) sum += block[at] ?? 0;
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `, 8);
  return block;
}

/** Leading zeros fill the field. */
function writeOctal(block: Buffer, { at, digits, value }: { at: number; digits: number; value: number }): void {
  let rest = value;
  for (let place = at + digits - 1; place >= at; place--) {
    block[place] = 0x30 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}

function record(key: string, value: Buffer | string): Buffer {
  const body = Buffer.concat([
    Buffer.from(` ${key}=`, 'latin1'),
    typeof value === 'string' ? Buffer.from(value, 'latin1') : value,
    Buffer.from('\n'),
  ]);
  let length = body.length + 1;
  while (String(length).length + body.length !== length) length++;
  return Buffer.concat([Buffer.from(String(length)), body]);
}
