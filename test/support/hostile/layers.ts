import { makeTar, type TarPart } from '../../../src/oci/tar/make-tar.ts';
import type { Harm } from './naive.ts';

/** What a reader makes of an archive: it stays in its place, or is refused with these words. */
type Outcome = 'contained' | RegExp;

export interface HostileLayer {
  /** The archive; `outside` is a directory beside the one that is unpacked into, with a file `secret`. */
  archive: (outside: string) => Buffer;
  /** What lies there before. */
  below?: (outside: string) => TarPart[];
  layer: Outcome;
  /** Left out where a copy would only take longer. */
  copy?: Outcome;
  /** How it harms who believes it. */
  attack: (harm: Harm) => boolean;
}

const escaped = (harm: Harm): boolean => harm.escaped;
const accepted = (harm: Harm): boolean => harm.error === undefined && harm.entries > 0;
const broke = (harm: Harm): boolean => harm.error !== undefined;
const greedy = (harm: Harm): boolean => harm.asked > 1 << 20;
const marked = (harm: Harm): boolean => harm.marks.length > 0;

const through = (outside: string, link: string): TarPart[] => [
  { name: 's', type: '2', linkName: link.replace('OUTSIDE', outside) },
];
const leading = (parts: (outside: string) => TarPart[], more: Partial<HostileLayer> = {}): HostileLayer => ({
  archive: (outside) => makeTar(parts(outside)),
  layer: 'contained',
  copy: 'contained',
  attack: escaped,
  ...more,
});
const refused = (archive: Buffer, attack: HostileLayer['attack'], words: RegExp): HostileLayer => ({
  archive: () => archive,
  layer: words,
  copy: words,
  attack,
});

const header = /invalid tar header/;
/** The kernel's words where what is linked to is not in the tree, or a symlink that leads out of it is in the way. */
const noFile = /no such file or directory|ENOENT|file exists/;

/** Names that lead upwards: a layer keeps them below its root, a copy refuses them. */
const upward = (parts: () => TarPart[], more: Partial<HostileLayer> = {}): HostileLayer =>
  leading(parts, { copy: /invalid entry name/, ...more });

const paths: Record<string, HostileLayer> = {
  'an absolute path': leading((outside) => [{ name: `${outside}/new`, data: 'x' }]),
  'a doubled slash before it': leading((outside) => [{ name: `/${outside}/new`, data: 'x' }]),
  'a path with ..': upward(() => [{ name: '../outside/new', data: 'x' }]),
  '.. behind a directory': upward(() => [
    { name: 'a/', type: '5' },
    { name: 'a/../../outside/new', data: 'x' },
  ]),
  '.. behind a dot': upward(() => [{ name: './../outside/new', data: 'x' }]),
  'a file of the host by ..': upward(() => [{ name: '../outside/secret', data: 'x' }]),
  'an absolute path in a PAX header': leading((outside) => [{ name: 'a', data: 'x', pax: { path: `${outside}/new` } }]),
  '.. in a PAX header': upward(() => [{ name: 'a', data: 'x', pax: { path: '../outside/new' } }]),
  '.. in a GNU long name': upward(() => [
    { name: 'long', type: 'L', data: '../outside/new\0' },
    { name: 'a', data: 'x' },
  ]),
  'a directory by ..': upward(() => [{ name: '../outside/dir/', type: '5', mode: 0o777 }]),
  'the mode of a directory by ..': upward(() => [{ name: '../outside/', type: '5', mode: 0o777 }]),
  'a symlink by ..': upward(() => [{ name: '../outside/link', type: '2', linkName: '/' }]),
  'a fifo by ..': upward(() => [{ name: '../outside/fifo', type: '6' }]),
  'the root as a file': leading(() => [{ name: '/', data: 'x' }], {
    attack: broke,
    copy: /cannot overwrite directory/,
  }),
  'the parent as a symlink': upward(() => [{ name: '..', type: '2', linkName: 'x' }], { attack: escapedOrBroke }),
  'a name longer than any': refused(
    makeTar([{ name: 'a', pax: { path: 'n'.repeat(300) } }]),
    broke,
    /file name too long/,
  ),
};

function escapedOrBroke(harm: Harm): boolean {
  return escaped(harm) || broke(harm);
}

const links: Record<string, HostileLayer> = {
  'a file through an absolute symlink': leading((o) => [...through(o, 'OUTSIDE'), { name: 's/new', data: 'x' }], {
    copy: noFile,
  }),
  'a file through a relative symlink': leading((o) => [...through(o, '../outside'), { name: 's/new', data: 'x' }], {
    copy: noFile,
  }),
  'a chain of symlinks': leading(
    (o) => [
      ...through(o, '../outside'),
      { name: 't', type: '2', linkName: 's' },
      { name: 'u', type: '2', linkName: './t/.' },
      { name: 'u/new', data: 'x' },
    ],
    { copy: noFile },
  ),
  'a symlink by way of /proc': leading(
    (o) => [...through(o, '/proc/self/root/OUTSIDE'), { name: 's/new', data: 'x' }],
    {
      copy: noFile,
    },
  ),
  'a directory that becomes a symlink': leading(
    () => [
      { name: 'd/', type: '5' },
      { name: 'd/a', data: 'x' },
      { name: 'd', type: '2', linkName: '../outside' },
      { name: 'd/new', data: 'x' },
    ],
    { copy: noFile },
  ),
  'a symlink that becomes a directory': leading((o) => [
    ...through(o, '../outside'),
    { name: 's/', type: '5', mode: 0o777 },
    { name: 's/new', data: 'x' },
  ]),
  'a file over a symlink': leading((o) => [...through(o, '../outside/secret'), { name: 's', data: 'x' }]),
  'a directory through a symlink': leading((o) => [...through(o, '../outside'), { name: 's/dir/', type: '5' }], {
    copy: noFile,
  }),
  'a symlink through a symlink': leading(
    (o) => [...through(o, '../outside'), { name: 's/l', type: '2', linkName: '/' }],
    { copy: noFile },
  ),
  'a symlink of the layer below': leading(() => [{ name: 's/new', data: 'x' }], {
    below: (outside) => through(outside, 'OUTSIDE'),
    copy: noFile,
  }),
  'symlinks in a ring': leading(
    () => [
      { name: 'a', type: '2', linkName: 'b' },
      { name: 'b', type: '2', linkName: 'a' },
      { name: 'a/x', data: 'x' },
    ],
    { layer: /too many levels of symbolic links/, copy: /too many levels of symbolic links/, attack: broke },
  ),
  'a hard link by ..': leading(
    () => [
      { name: 'h', type: '1', linkName: '../outside/secret' },
      { name: 'h', data: 'x' },
    ],
    { layer: noFile, copy: /invalid hardlink|no such file/ },
  ),
  'an absolute hard link': leading(
    (outside) => [
      { name: 'h', type: '1', linkName: `${outside}/secret` },
      { name: 'h', data: 'x' },
    ],
    { layer: noFile, copy: noFile },
  ),
  'a hard link through a symlink': leading(
    (o) => [...through(o, '../outside'), { name: 'h', type: '1', linkName: 's/secret' }, { name: 'h', data: 'x' }],
    { layer: noFile, copy: noFile },
  ),
  'a hard link to a symlink': leading((o) => [
    ...through(o, '../outside/secret'),
    { name: 'h', type: '1', linkName: 's' },
    { name: 'h', data: 'x' },
  ]),
  'a chain of hard links': leading(
    () => [
      { name: 'h', type: '1', linkName: '../outside/secret' },
      { name: 'i', type: '1', linkName: 'h' },
      { name: 'i', data: 'x' },
    ],
    { layer: noFile, copy: /invalid hardlink|no such file/ },
  ),
  'a hard link into ..': upward(() => [
    { name: 'a', data: 'x' },
    { name: '../outside/h', type: '1', linkName: 'a' },
  ]),
};

const whiteouts: Record<string, HostileLayer> = {
  'a whiteout by ..': upward(() => [{ name: '../outside/.wh.secret' }]),
  'an absolute whiteout': leading((outside) => [{ name: `${outside}/.wh.secret` }]),
  'a whiteout through a symlink': leading((o) => [...through(o, '../outside'), { name: 's/.wh.secret' }], {
    copy: noFile,
  }),
  'a whiteout of the parent': leading(() => [{ name: '.wh...' }], { layer: /invalid whiteout/ }),
  'a whiteout of the directory itself': leading(() => [{ name: '.wh..' }], {
    layer: /invalid whiteout/,
    attack: escapedOrBroke,
  }),
  'an opaque mark by ..': upward(() => [{ name: '../outside/.wh..wh..opq' }]),
  'an opaque mark through a symlink': leading((o) => [...through(o, '../outside'), { name: 's/.wh..wh..opq' }], {
    copy: noFile,
  }),
  'opaque marks without end': {
    archive: () => makeTar(Array.from({ length: 10_000 }, () => ({ name: 'd/.wh..wh..opq' }))),
    below: () => [{ name: 'd/', type: '5' }],
    layer: 'contained',
    copy: 'contained',
    attack: (harm) => harm.entries >= 10_000,
  },
};

const marks: Record<string, HostileLayer> = Object.fromEntries(
  ['redirect', 'opaque', 'metacopy', 'origin', 'upper', 'impure'].map((mark) => [
    `the overlay’s own mark ${mark}`,
    leading(() => [{ name: 'a', data: 'x', pax: { [`SCHILY.xattr.trusted.overlay.${mark}`]: 'y' } }], {
      attack: marked,
    }),
  ]),
);

const files: Record<string, HostileLayer> = {
  'a device node': leading(() => [{ name: 'disk', type: '4', device: [8, 0], mode: 0o666 }], { attack: marked }),
  'a character device that looks like a whiteout': leading(() => [{ name: 'a', type: '3', device: [0, 0] }], {
    below: () => [{ name: 'a', data: 'x' }],
    attack: broke,
  }),
  'a fifo and a file of its name': leading(
    () => [
      { name: 'p', type: '6', mode: 0o666 },
      { name: 'p', data: 'x' },
    ],
    { attack: broke },
  ),
  'a file and a file in it': refused(makeTar([{ name: 'a' }, { name: 'a/b' }]), broke, /not a directory/),
  '100,000 entries of a few names': {
    archive: () =>
      makeTar(
        Array.from({ length: 100_000 }, (_, n) =>
          n % 3 === 0 ? { name: 'd/', type: '5' } : { name: `d/.wh.${n % 7}` },
        ),
      ),
    layer: 'contained',
    attack: (harm) => harm.entries === 100_000,
  },
};

const tarOf = (part: TarPart) => makeTar([part]);
const sparse = (map: string, size: string, stored = 20) =>
  tarOf({ name: 'a', data: 'x'.repeat(stored), pax: { 'GNU.sparse.map': map, 'GNU.sparse.size': size } });

const sizes: Record<string, HostileLayer> = {
  'a negative size': refused(tarOf({ name: 'a', raw: [[124, '\xff'.repeat(12)]] }), broke, header),
  'a size beyond all bounds': refused(
    tarOf({ name: 'a', raw: [[124, `\x80\x7f${'\xff'.repeat(10)}`]] }),
    greedy,
    /invalid/,
  ),
  'a size of 8 GB that is not there': refused(tarOf({ name: 'a', size: 8 ** 11 - 1 }), greedy, /unexpected EOF/),
  'a negative PAX size': refused(tarOf({ name: 'a', pax: { size: '-1' } }), broke, header),
  'a PAX size that is not there': refused(
    tarOf({ name: 'a', pax: { size: '9007199254740991' } }),
    greedy,
    /unexpected EOF|invalid/,
  ),
  'a huge PAX header': refused(makeTar([{ name: 'x', type: 'x', data: `${'9'.repeat(2 << 20)}` }]), greedy, header),
  'a huge GNU long name': refused(
    makeTar([{ name: 'x', type: 'L', data: 'n'.repeat(2 << 20) }, { name: 'a' }]),
    greedy,
    header,
  ),
  'a PAX record without a length': refused(
    makeTar([{ name: 'x', type: 'x', data: '0 path=a\n' }, { name: 'a' }]),
    broke,
    header,
  ),
  'a PAX record longer than its header': refused(
    makeTar([{ name: 'x', type: 'x', data: '99 path=a\n' }, { name: 'a' }]),
    accepted,
    header,
  ),
  'sparse pieces that overlap': refused(sparse('0,10,5,10', '20'), accepted, header),
  'sparse pieces beyond the end': refused(sparse('0,10,15,10', '20'), accepted, header),
  'a sparse file of an exabyte': refused(sparse('0,20', '1152921504606846976'), greedy, /invalid|too large/),
  'a sparse map without end': refused(
    tarOf({
      name: 'a',
      data: '9999999\n'.repeat(512),
      pax: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '9999999999' },
    }),
    greedy,
    header,
  ),
};

const broken: Record<string, HostileLayer> = {
  'a broken checksum': refused(flipped(makeTar([{ name: 'a', data: 'x' }]), 3), accepted, header),
  'an unknown type': refused(tarOf({ name: 'a', type: 'Z' }), accepted, header),
  'a cut header': refused(tarOf({ name: 'a', data: 'x' }).subarray(0, 300), accepted, /unexpected EOF/),
  'cut data': refused(tarOf({ name: 'a', data: 'x'.repeat(2000) }).subarray(0, 1500), accepted, /unexpected EOF/),
  'text instead of an archive': refused(Buffer.alloc(2048, 'text '), accepted, header),
  'NUL in a PAX path': refused(tarOf({ name: 'a', pax: { path: 'ok\0/../../outside/x' } }), broke, header),
  'NUL in a PAX link': refused(tarOf({ name: 'a', type: '2', pax: { linkpath: 'x\0y' } }), broke, header),
};

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  return bytes;
}

/** Archives that want to harm whoever unpacks them. */
export const hostileLayers: Record<string, HostileLayer> = {
  ...paths,
  ...links,
  ...whiteouts,
  ...marks,
  ...files,
  ...sizes,
  ...broken,
};
