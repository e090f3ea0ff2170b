import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createMountPlaces,
  detachedMount,
  type MountOption,
  SystemError,
  setMountAttributes,
} from '../../host/index.ts';
import { crashpoint, EngineError } from '../../kit/index.ts';
import { hostId } from '../../snapshot/index.ts';
import type { Context } from '../context.ts';
import type { ContainerRow } from '../row.ts';
import type { MountPoint } from '../spec/index.ts';
import type { Secret } from './contract.ts';
import { secretsOf, targetOf } from './secrets.ts';

/** MOUNT_ATTR_ read-only, nosuid, nodev, noexec. */
const RDONLY = 1;
const HARMLESS = 2 | 4 | 8;

/** A container's secrets as mounts: files of a file system in memory that is nowhere else. `release` once it has them, or will not. */
export function mountSecrets(
  context: Pick<Context, 'store' | 'dataRoot'>,
  row: ContainerRow,
): { mounts: MountPoint[]; release: () => void } {
  const secrets = context.store.view((tx) => secretsOf(tx, row.id));
  const { attach, release } = createMountPlaces(join(context.dataRoot, 'mounts'), `${row.id}.secrets`);
  try {
    const path = attach(filled(secrets, row));
    crashpoint('container.secretsMounted');
    return {
      mounts: secrets.map((secret, index) => ({
        ...plain,
        source: join(path, `${index}`),
        destination: targetOf(secret),
      })),
      release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

const plain: Omit<MountPoint, 'source' | 'destination'> = {
  type: 'bind',
  name: '',
  driver: '',
  driverOptions: {},
  labels: {},
  mode: '',
  rw: false,
  propagation: 'rprivate',
  copy: false,
  createSource: false,
  nonRecursive: false,
  readOnlyNonRecursive: false,
  tmpfs: [],
};

function filled(secrets: Secret[], row: ContainerRow): number {
  const fd = inMemory(row.labels?.mount);
  for (const [index, { data, mode = 0o444, uid = 0, gid = 0 }] of secrets.entries()) {
    const path = `/proc/self/fd/${fd}/${index}`;
    writeFileSync(path, Buffer.from(data, 'base64'), { mode: 0o600 });
    const { ids } = row;
    const [owner, group] = ids ? [hostId(ids.uids, uid), hostId(ids.gids, gid)] : [uid, gid];
    if (owner === undefined || group === undefined) {
      throw new EngineError('invalid', `container ID ${owner === undefined ? uid : gid} cannot be mapped to a host ID`);
    }
    chownSync(path, owner, group);
    chmodSync(path, mode);
  }
  setMountAttributes(fd, { set: RDONLY });
  return fd;
}

/** Nothing of it is ever written to swap, where the kernel (6.4) can be told so. */
function inMemory(label?: string): number {
  const options: MountOption[] = [
    ['source', 'tmpfs'],
    ['mode', '0711'],
    ...(label ? [['context', label] satisfies MountOption] : []),
  ];
  try {
    return detachedMount('tmpfs', [...options, ['noswap', null]], HARMLESS);
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'EINVAL') throw error;
    return detachedMount('tmpfs', options, HARMLESS);
  }
}
