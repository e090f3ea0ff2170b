import { getSystemErrorMap } from 'node:util';
import { SystemError, syscall, tryStatusOf, trySyscall } from '../host/index.ts';
import { crashpoint, EngineError } from '../kit/index.ts';
import { dataPath, findVolume, type Place } from './life.ts';
import { parseMountOptions } from './mount-options.ts';
import { volumeRows } from './row.ts';

/**
 * Volumes whose options say what to mount. As in Docker they are mounted on their directory for as long as somebody uses them, so
 * that all who do share one filesystem.
 */
export interface VolumeMounts {
  /** Mounts it unless it is mounted; it stays so until `release` of every user. Nothing for a volume without options. */
  mount(name: string, user: string): void;
  release(user: string): void;
  /** Takes the mounts away that nobody uses: what an earlier engine left. */
  releaseUnused(): void;
  /** Before its files are removed: what is mounted there is not the volume's. Throws where it will not go. */
  unmount(name: string): void;
}

const MNT_DETACH = 2;
const atCwd = -100;

export function createVolumeMounts(place: Place): VolumeMounts {
  const users = new Map<string, Set<string>>();

  function unmount(name: string): void {
    const path = dataPath(place, name);
    for (let tries = 0; isMounted(path) && tries < 8; tries++) trySyscall('umount2', path, MNT_DETACH);
    if (isMounted(path)) throw new EngineError('internal', `unmount ${path}: device or resource busy`);
    crashpoint('volume.unmounted');
  }

  return {
    unmount,
    mount(name, user) {
      const options = findVolume(place, name)?.options;
      if (!options?.device) return;
      const path = dataPath(place, name);
      if (!isMounted(path)) mountOn(path, { ...options, device: options.device });
      crashpoint('volume.mounted');
      users.set(name, (users.get(name) ?? new Set()).add(user));
    },
    release(user) {
      for (const [name, all] of users) {
        if (!all.delete(user) || all.size > 0) continue;
        users.delete(name);
        unmount(name);
      }
    },
    releaseUnused() {
      const rows = place.store.view((tx) => tx.collection(volumeRows).all());
      for (const { id, document } of rows) if (document.options?.device && !users.has(id)) unmount(id);
    },
  };
}

function isMounted(path: string): boolean {
  return tryStatusOf(atCwd, path)?.mountRoot ?? false;
}

function mountOn(path: string, { type = '', device, o = '' }: { type?: string; device: string; o?: string }): void {
  const { flags, propagation, remount, data } = parseMountOptions(o);
  try {
    syscall('mount', device, path, type, flags, data);
    if (remount !== 0) syscall('mount', device, path, type, remount, data);
    if (propagation !== 0) syscall('mount', '', path, '', propagation, '');
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    // Half of it may be there.
    if (isMounted(path)) trySyscall('umount2', path, MNT_DETACH);
    const shown = [
      `mount ${device}:${path}`,
      ...(flags !== 0 ? [`flags: 0x${flags.toString(16)}`] : []),
      ...(data !== '' ? [`data: ${data}`] : []),
    ].join(', ');
    const why = `failed to mount local volume: ${shown}: ${wordsOf(error)}`;
    throw new EngineError('internal', `error while mounting volume '${path}': ${why}`, error);
  }
}

function wordsOf(error: SystemError): string {
  return getSystemErrorMap().get(-error.errno)?.[1] ?? error.code;
}
