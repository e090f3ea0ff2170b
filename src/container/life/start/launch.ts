import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { closeFd, readFileIn } from '../../../host/index.ts';
import type { Launch, Opened, Pending } from '../../../runtime/index.ts';
import { ensureDefaultProfile } from '../../apparmor/load.ts';
import { defaultProfileName } from '../../apparmor/profile.ts';
import type { Context } from '../../context.ts';
import { joinLinks } from '../../links/links.ts';
import { logFile } from '../../log/log-file.ts';
import { ownedMounts } from '../../mounts/owners.ts';
import { type MountSources, mountSources } from '../../mounts/sources.ts';
import type { ContainerRow } from '../../row.ts';
import { labelEtcFiles, labelRoot, requireSelinux } from '../../selinux/label-files.ts';
import { buildSpec, type JoinedNamespaces, type MountPoint, outlineSpec } from '../../spec/index.ts';
import { containerDirectory } from '../end/clear.ts';
import { etcFiles } from './etc-files.ts';
import { writeEtcFiles } from './files.ts';
import { joinedNamespaces } from './namespaces.ts';
import type { NetworkPlace } from './network-mode.ts';
import { saveSpec } from './spec-file.ts';
import { consoleSize, stdioOf } from './stdio.ts';

type Frame = Omit<Launch, 'spec' | 'rootFd'>;

/**
 * Sets a container's launch going. The shim is at work when this resolves; `launching` is its process at the gate. The
 * network's reserved sockets are taken over, also on failure. `restore` is the directory of a checkpoint to go on from. `releaseSources` is to be called once it runs, or will not run.
 */
export async function beginLaunch(
  context: Context,
  row: ContainerRow,
  place: NetworkPlace,
  restore?: string,
): Promise<{ launching: Promise<Pending>; releaseSources: () => void }> {
  const reserved = place.kind === 'own' ? place.attachment.reserved : [];
  let sources: MountSources | undefined;
  let opened: Opened | undefined;
  let request: Launch;
  try {
    mkdirSync(containerDirectory(context, row.id), { recursive: true, mode: 0o710 });
    requireSelinux(context, row);
    const { joined, shm } = joinedNamespaces(context, row, place);
    const frame = { ...frameOf(context, row, { place, reserved, shm }), ...(restore !== undefined && { restore }) };
    sources = await mountSources(context, row);
    opened = await open(context, row, { frame, joined, mounts: sources.mounts });
    writeEtcFiles(context, row, place);
    if (context.facts.selinux) await labelEtcFiles(row, etcFiles(context, row));
    request = { ...frame, ...(await prepare(context, row, { frame, joined, sources })) };
  } catch (error) {
    sources?.release();
    if (opened) await opened.close();
    else for (const fd of reserved) closeFd(fd);
    throw error;
  }
  const launching = opened ? opened.launch(request) : context.runtime.launch(request);
  saveSpec(context, row.id, request.spec);
  // The caller may fail at something else before it comes to wait for this.
  launching.catch(() => undefined);
  return { launching, releaseSources: sources.release };
}

function frameOf(
  context: Context,
  row: ContainerRow,
  { place, reserved, shm }: { place: NetworkPlace; reserved: number[]; shm: Launch['shm'] },
): Frame {
  const log = logFile(context, row);
  if (log && row.hostConfig.LogConfig?.Type === 'local') mkdirSync(dirname(log.path), { recursive: true, mode: 0o700 });
  const runtime = runtimeOf(row);
  const network = place.kind === 'own' ? place.attachment.furniture : undefined;
  const given = { ...(log && { log }), ...(shm && { shm }), ...(runtime && { runtime }), ...(network && { network }) };
  return { id: row.id, token: row.token, stdio: stdioOf(row), reserved, ...given };
}

/** What has its process: what restored it, otherwise what it was created for. */
export const runtimeOf = ({ restoredBy, hostConfig }: ContainerRow): string | undefined =>
  restoredBy ?? hostConfig.Runtime ?? undefined;

/**
 * Sets a shim to what needs no root: cgroups, namespaces, network. Undefined where something comes too late for that: rules for the
 * cgroup with what is asked for by name, and mounts that have their place on the host only once users are known, for the new mount
 * namespace is a copy of the host's.
 */
async function open(
  context: Context,
  { id, config, hostConfig, ids }: ContainerRow,
  { frame, joined, mounts }: { frame: Frame; joined: JoinedNamespaces; mounts: MountPoint[] },
): Promise<Opened | undefined> {
  if ((hostConfig.DeviceRequests ?? []).length > 0 || mounts.some(({ idMap }) => idMap !== undefined)) return undefined;
  const { cgroupParent, facts } = context;
  const linux = outlineSpec({ id, config, hostConfig, joined, cgroupParent, facts, ...(ids && { ids }) });
  return context.runtime.open({ ...frame, outline: { linux } });
}

async function prepare(
  context: Context,
  row: ContainerRow,
  { frame, joined, sources }: { frame: Frame; joined: JoinedNamespaces; sources: MountSources },
): Promise<Pick<Launch, 'spec' | 'rootFd'>> {
  const { labels } = row;
  const volatile = row.hostConfig.AutoRemove ?? false;
  const rootFd = context.snapshots.mount(row.id, { volatile, label: labels?.mount });
  try {
    if (labels) await labelRoot(context, rootFd, labels);
    await fillVolumes(context, { row, rootFd }, sources.mounts);
    const readInRoot = (path: string) => readFileIn(rootFd, path);
    const mounts = await ownedMounts(context, row, { ...sources, readInRoot });
    const spec = buildSpec({
      id: row.id,
      config: row.config,
      linkedEnv: joinLinks(context, row).env,
      hostConfig: row.hostConfig,
      mounts,
      files: etcFiles(context, row),
      joined,
      ...(row.ids && { ids: row.ids }),
      ...(labels && { labels }),
      ...(frame.shm && { shmPath: context.runtime.shmAt }),
      readInRoot,
      facts: context.facts,
      rootPath: row.id,
      cgroupParent: context.cgroupParent,
      ...consoleSize(row),
    });
    if (spec.process.apparmorProfile === defaultProfileName) await ensureDefaultProfile();
    return { spec, rootFd };
  } catch (error) {
    closeFd(rootFd);
    throw error;
  }
}

async function fillVolumes(
  context: Context,
  { row, rootFd }: { row: ContainerRow; rootFd: number },
  mounts: ContainerRow['mounts'],
): Promise<void> {
  const wanting = mounts.filter(({ type, copy }) => type === 'volume' && copy);
  if (wanting.length === 0) return;
  // A volume has the container's ids, not the host's that stand for them.
  const view = row.ids ? context.snapshots.view(row.id) : undefined;
  try {
    for (const { name, destination, subpath = '', part } of wanting) {
      const image = {
        rootFd: view ?? rootFd,
        path: destination,
        // Files that a mount labels have their labels there only.
        ...(row.labels === undefined && { alone: () => context.snapshots.soleDirectory(row.id, destination) }),
      };
      await context.volumes.fill(name, image, part === undefined ? undefined : { name: subpath, at: part });
    }
  } finally {
    if (view !== undefined) closeFd(view);
  }
}
