const MS = { RDONLY: 1, NOSUID: 2, NODEV: 4, NOEXEC: 8, SYNCHRONOUS: 16, REMOUNT: 32, MANDLOCK: 64, DIRSYNC: 128 };
const [NOATIME, NODIRATIME, BIND, REC] = [0x400, 0x800, 0x1000, 0x4000];
const [UNBINDABLE, PRIVATE, SLAVE, SHARED] = [1 << 17, 1 << 18, 1 << 19, 1 << 20];
const [RELATIME, STRICTATIME] = [1 << 21, 1 << 24];

/** mount(8)'s words: the bits that each sets or clears. */
const words: Record<string, { set?: number; clear?: number }> = {
  defaults: {},
  ro: { set: MS.RDONLY },
  rw: { clear: MS.RDONLY },
  nosuid: { set: MS.NOSUID },
  suid: { clear: MS.NOSUID },
  nodev: { set: MS.NODEV },
  dev: { clear: MS.NODEV },
  noexec: { set: MS.NOEXEC },
  exec: { clear: MS.NOEXEC },
  sync: { set: MS.SYNCHRONOUS },
  async: { clear: MS.SYNCHRONOUS },
  dirsync: { set: MS.DIRSYNC },
  remount: { set: MS.REMOUNT },
  mand: { set: MS.MANDLOCK },
  nomand: { clear: MS.MANDLOCK },
  noatime: { set: NOATIME },
  atime: { clear: NOATIME },
  nodiratime: { set: NODIRATIME },
  diratime: { clear: NODIRATIME },
  bind: { set: BIND },
  rbind: { set: BIND | REC },
  relatime: { set: RELATIME },
  norelatime: { clear: RELATIME },
  strictatime: { set: STRICTATIME },
  nostrictatime: { clear: STRICTATIME },
};
const propagations: Record<string, number> = {
  unbindable: UNBINDABLE,
  runbindable: UNBINDABLE | REC,
  private: PRIVATE,
  rprivate: PRIVATE | REC,
  slave: SLAVE,
  rslave: SLAVE | REC,
  shared: SHARED,
  rshared: SHARED | REC,
};

/** What mount(2) is given for a volume's option `o`. */
export interface MountArguments {
  /** MS_*. */
  flags: number;
  /** MS_* of the propagation, for a call of its own; 0 for none. */
  propagation: number;
  /** A bind takes these only in a second call. */
  remount: number;
  /** What is the filesystem's own. */
  data: string;
}

/** Sorts the words of `o` as mount(8) does. */
export function parseMountOptions(text: string): MountArguments {
  let flags = 0;
  let propagation = 0;
  const data: string[] = [];
  for (const word of text.split(',')) {
    const known = Object.hasOwn(words, word) ? words[word] : undefined;
    if (known) flags = (flags & ~(known.clear ?? 0)) | (known.set ?? 0);
    else if (Object.hasOwn(propagations, word)) propagation |= propagations[word] ?? 0;
    else if (word !== '') data.push(word);
  }
  const remount = flags & BIND && flags & MS.RDONLY ? flags | MS.REMOUNT : 0;
  return { flags, propagation, remount, data: data.join(',') };
}
