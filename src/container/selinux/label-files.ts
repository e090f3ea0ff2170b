import { existsSync } from 'node:fs';
import { closeFd, openDirectory } from '../../host/index.ts';
import { EngineError, messageOf } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import type { EtcFiles } from '../life/start/etc-files.ts';
import type { ContainerRow } from '../row.ts';
import { isContainerMode, type MountPoint } from '../spec/index.ts';
import type { SelinuxContexts } from './contexts.ts';
import { type Labels, sharedLabel } from './label.ts';
import { relabel, relabelOnce } from './relabel.ts';

/**
 * Labels what a mount shows so that its container may have it: for it alone with `Z`, for all with `z`; as in Docker also a volume into
 * which files of the image go. Everything else of the host's is left as it is.
 */
export async function labelSource(row: ContainerRow, mount: MountPoint): Promise<void> {
  const { type, mode, source, part = source } = mount;
  const label = row.labels?.mount;
  const asked = mode.split(',').find((word) => word === 'z' || word === 'Z');
  const filled = type === 'volume' && mount.copy;
  if (!label || (asked === undefined && !filled)) return;
  try {
    await relabel(part, asked === 'Z' ? label : sharedLabel(label));
  } catch (error) {
    throw new EngineError('internal', `error setting label on mount source '${source}': ${messageOf(error)}`, error);
  }
}

/** The engine's files in /etc, which the containers of one network share; what is mounted in their place is not ours to label. */
export async function labelEtcFiles(row: ContainerRow, files: EtcFiles): Promise<void> {
  const own = row.labels?.mount;
  if (!own) return;
  const label = isContainerMode(row.hostConfig.NetworkMode) ? sharedLabel(own) : own;
  const entries = { '/etc/hosts': files.hosts, '/etc/hostname': files.hostname, '/etc/resolv.conf': files.resolvConf };
  for (const [place, path] of Object.entries(entries)) {
    if (!row.mounts.some(({ destination }) => destination === place)) await relabel(path, label);
  }
}

/** What was to be confined does not start where it cannot be. */
export function requireSelinux({ facts }: Context, { labels }: ContainerRow): void {
  if (!labels || facts.selinux || existsSync('/sys/fs/selinux/enforce')) return;
  throw new EngineError('internal', 'selinux label is specified in config, but selinux is disabled or not supported');
}

/**
 * Labels where layers lie, with all that lies there, and what comes to lie there from now on has it from its directory. The label of an
 * overlay does not reach as far: a process that protects what it has mapped of a layer's file is asked for its right to that file.
 */
export async function labelLayers(place: string, { readOnlyFile }: SelinuxContexts): Promise<void> {
  const directory = openDirectory(place);
  try {
    if (readOnlyFile) await relabelOnce(directory, readOnlyFile);
  } finally {
    closeFd(directory);
  }
}

/** Labels a container's root at its first start where the kernel does not merge it, and could not label it as a whole. */
export async function labelRoot({ snapshots }: Context, rootFd: number, { mount }: Labels): Promise<void> {
  if (mount && snapshots.driver !== 'overlay2') await relabelOnce(rootFd, mount);
}
