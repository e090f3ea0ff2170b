import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { answers, attachLoop, callApart, callHere, closeFd, type PlainCall, SystemError } from '../../host/index.ts';
import { EngineError, messageOf, systemWords } from '../../kit/index.ts';
import { clearNewDisk, diskPath, makeDisk, parseSize } from './disk.ts';
import { type MountArguments, parseMountOptions } from './mount-options.ts';
import { optionOf, type Remote, resolveRemote } from './network-address.ts';

const MNT_DETACH = 2;
const MS_RDONLY = 1;
/** A server that does not answer has this long, in milliseconds. */
const patience = 120_000;

/** The files of such a volume are mounted while it is used. */
export function needsMount(options: Record<string, string> | null | undefined): boolean {
  return Boolean(options?.device || options?.size);
}

/** Mounts a volume on its directory `path` as its options say; refusals are in Docker's words. Half a mount is taken back. */
export async function mountOn(path: string, options: Record<string, string>): Promise<void> {
  try {
    if (options.size) await mountDisk(path, options.size);
    else await mountGiven(path, { type: options.type ?? '', device: options.device ?? '', o: options.o ?? '' });
  } catch (error) {
    if (isMounted(path)) unmountFrom(path);
    const words = hidePassword(messageOf(error), options.o ?? '');
    throw new EngineError('internal', `error while mounting volume '${path}': ${words}`, error);
  }
}

/** Takes away what is mounted on `path`, however often. Throws where it will not go. */
export function unmountFrom(path: string): void {
  for (let tries = 0; isMounted(path) && tries < 8; tries++) {
    try {
      callHere([['umount2', path, MNT_DETACH]]);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }
  if (isMounted(path)) throw new EngineError('internal', `unmount ${path}: device or resource busy`);
}

/** The kernel's table is asked, not the file system, which may be one that does not answer. */
export function isMounted(path: string): boolean {
  if (!existsSync(dirname(path))) return false;
  const place = join(realpathSync(dirname(path)), path.slice(dirname(path).length)).replaceAll(
    /[ \t\n\\]/g,
    (character) => {
      return `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`;
    },
  );
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${place} `);
}

/** The first one to use it makes it: a volume that was only created takes no room, and no kill leaves half a one. */
async function mountDisk(path: string, size: string): Promise<void> {
  await makeDisk(dirname(path), parseSize(size) ?? 0);
  await throughLoop(diskPath(dirname(path)), false, (device) =>
    run({ device, path, type: 'ext4' }, parseMountOptions('')),
  );
  await clearNewDisk(path);
}

async function mountGiven(path: string, given: Remote): Promise<void> {
  const { device, type, o } = await resolveRemote(given);
  const words = o.split(',');
  if (!words.includes('loop')) return run({ device, path, type }, parseMountOptions(o));
  const args = parseMountOptions(words.filter((word) => word !== 'loop').join(','));
  await throughLoop(device, (args.flags & MS_RDONLY) !== 0, (loop) => run({ device: loop, path, type }, args));
}

async function throughLoop(file: string, readOnly: boolean, work: (device: string) => Promise<void>): Promise<void> {
  let loop: { device: string; fd: number };
  try {
    loop = attachLoop(file, { readOnly });
  } catch (error) {
    const why = wordsOf(error as NodeJS.ErrnoException);
    throw new EngineError('internal', `failed to mount local volume: loop device of ${file}: ${why}`, error);
  }
  try {
    await work(loop.device);
  } finally {
    closeFd(loop.fd);
  }
}

interface Target {
  device: string;
  path: string;
  type: string;
}

async function run(target: Target, { flags, propagation, remount, data }: MountArguments): Promise<void> {
  const { device, path, type } = target;
  const calls: PlainCall[] = [['mount', device, path, type, flags, data]];
  if (remount !== 0) calls.push(['mount', device, path, type, remount, data]);
  if (propagation !== 0) calls.push(['mount', '', path, '', propagation, '']);
  try {
    if (await mayBlock(target)) await callApart(calls, { timeout: patience });
    else callHere(calls);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const shown = [
      `mount ${device}:${path}`,
      ...(flags !== 0 ? [`flags: 0x${flags.toString(16)}`] : []),
      ...(data !== '' ? [`data: ${data}`] : []),
    ].join(', ');
    throw new EngineError('internal', `failed to mount local volume: ${shown}: ${wordsOf(error)}`, error);
  }
}

/** File systems of this machine's memory and disks; what lies on another's may not answer for minutes. */
const near = new Set([
  'tmpfs',
  'none',
  '',
  'ext4',
  'ext3',
  'ext2',
  'xfs',
  'btrfs',
  'overlay',
  'erofs',
  'squashfs',
  'iso9660',
]);

async function mayBlock({ type, device }: Target): Promise<boolean> {
  if (!near.has(type)) return true;
  if (!device.startsWith('/')) return false;
  // A bind's source may itself lie on a server.
  return !(await answers(device));
}

function wordsOf({ errno = 0, code = '' }: { errno?: number; code?: string }): string {
  return systemWords(errno, code);
}

function hidePassword(words: string, options: string): string {
  const password = optionOf(options, 'password');
  return password === '' ? words : words.replaceAll(`password=${password}`, 'password=********');
}
