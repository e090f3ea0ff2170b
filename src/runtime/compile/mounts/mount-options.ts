import { ATTR, MS_PRIVATE, MS_REC, MS_SHARED, MS_SLAVE, MS_UNBINDABLE } from '../constants.ts';

/** What a list of mount options asks for. */
export interface MountOptions {
  bind: boolean;
  recursive: boolean;
  /** MOUNT_ATTR_* to set and to clear on the mount itself. */
  set: number;
  clear: number;
  /** The same for the mount and all below it (`rro` and its kin). */
  recursiveSet: number;
  recursiveClear: number;
  /** MS_*, perhaps with MS_REC; 0 leaves it as it comes. */
  propagation: number;
  /** Options of the filesystem, the generic ones (`sync`) among them. */
  data: { key: string; value: string | null }[];
  tmpcopyup: boolean;
}

const propagations: ReadonlyMap<string, number> = new Map([
  ['private', MS_PRIVATE],
  ['rprivate', MS_PRIVATE | MS_REC],
  ['slave', MS_SLAVE],
  ['rslave', MS_SLAVE | MS_REC],
  ['shared', MS_SHARED],
  ['rshared', MS_SHARED | MS_REC],
  ['unbindable', MS_UNBINDABLE],
  ['runbindable', MS_UNBINDABLE | MS_REC],
]);

const switches: ReadonlyMap<string, { set?: number; clear?: number }> = new Map([
  ['ro', { set: ATTR.RDONLY }],
  ['rw', { clear: ATTR.RDONLY }],
  ['nosuid', { set: ATTR.NOSUID }],
  ['suid', { clear: ATTR.NOSUID }],
  ['nodev', { set: ATTR.NODEV }],
  ['dev', { clear: ATTR.NODEV }],
  ['noexec', { set: ATTR.NOEXEC }],
  ['exec', { clear: ATTR.NOEXEC }],
  ['nodiratime', { set: ATTR.NODIRATIME }],
  ['diratime', { clear: ATTR.NODIRATIME }],
  ['nosymfollow', { set: ATTR.NOSYMFOLLOW }],
  ['symfollow', { clear: ATTR.NOSYMFOLLOW }],
  // One field of the kernel's: a choice clears the whole of it first.
  ['relatime', { set: ATTR.RELATIME, clear: ATTR.ATIME }],
  ['noatime', { set: ATTR.NOATIME, clear: ATTR.ATIME }],
  ['strictatime', { set: ATTR.STRICTATIME, clear: ATTR.ATIME }],
  ['atime', { clear: ATTR.ATIME }],
  ['norelatime', { clear: ATTR.ATIME }],
  ['nostrictatime', { clear: ATTR.ATIME }],
]);

/** Switches of a superblock that fsconfig(2) takes by the same name. */
const generic = new Set(['sync', 'async', 'dirsync', 'lazytime', 'nolazytime', 'mand', 'nomand']);
/** Accepted and without effect, as in mount(2) of a new mount. */
const ignored = new Set(['', 'defaults', 'remount', 'silent', 'loud', 'iversion', 'noiversion']);

/** The propagation that `name` (`rslave`) stands for; undefined if it is none. */
export function propagationOf(name: string): number | undefined {
  return propagations.get(name);
}

/** Sorts mount(8) options by what carries them out; whatever is not known is the filesystem's. */
export function parseMountOptions(options: readonly string[]): MountOptions {
  const parsed: MountOptions = {
    bind: false,
    recursive: false,
    set: 0,
    clear: 0,
    recursiveSet: 0,
    recursiveClear: 0,
    propagation: 0,
    data: [],
    tmpcopyup: false,
  };
  for (const option of options) parseOption(parsed, option);
  return parsed;
}

function parseOption(parsed: MountOptions, option: string): void {
  const flag = switches.get(option);
  const recursive = option.startsWith('r') ? switches.get(option.slice(1)) : undefined;
  if (option === 'bind' || option === 'rbind') {
    parsed.bind = true;
    parsed.recursive ||= option === 'rbind';
  } else if (flag) {
    [parsed.set, parsed.clear] = apply(parsed.set, parsed.clear, flag);
  } else if (recursive) {
    [parsed.recursiveSet, parsed.recursiveClear] = apply(parsed.recursiveSet, parsed.recursiveClear, recursive);
  } else if (propagations.has(option)) {
    parsed.propagation = propagations.get(option) ?? 0;
  } else if (option === 'tmpcopyup') {
    parsed.tmpcopyup = true;
  } else if (generic.has(option)) {
    parsed.data.push({ key: option, value: null });
  } else if (!ignored.has(option)) {
    const at = option.indexOf('=');
    parsed.data.push(at < 0 ? { key: option, value: null } : { key: option.slice(0, at), value: option.slice(at + 1) });
  }
}

// The later option wins.
function apply(set: number, clear: number, flag: { set?: number; clear?: number }): [number, number] {
  const off = flag.clear ?? 0;
  const on = flag.set ?? 0;
  return [(set & ~off) | on, ((clear & ~on) | off) >>> 0];
}
