import type { ContainerConfig, HostConfig, Mount } from '../../api/index.ts';
import type { MountPoint } from '../spec/index.ts';

/** What of a container's creation is to be otherwise. */
export interface ConfigChange {
  /** `NAME=value`, in place of one of that name. */
  env: string[];
  /** Names. */
  envRemove: string[];
  labels: Record<string, string>;
  labelsRemove: string[];
  mounts: Mount[];
  /** Places within the container. */
  mountsRemove: string[];
}

/** Parts of a container's row that hold from its next start on. */
export interface Remake {
  config: Pick<ContainerConfig, 'Env' | 'Volumes'>;
  hostConfig: Pick<HostConfig, 'Binds' | 'Mounts' | 'Tmpfs'>;
  mounts: MountPoint[];
  /** Its process ends for this, and it is started again. */
  restart?: true;
}
