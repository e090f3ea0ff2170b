import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { closeFd, readFileIn } from '../../host/index.ts';
import type { Launch, Pending } from '../../runtime/index.ts';
import { ensureDefaultProfile } from '../apparmor/load.ts';
import { defaultProfileName } from '../apparmor/profile.ts';
import type { Context } from '../context.ts';
import { joinLinks } from '../links/links.ts';
import { logFile } from '../log/log-file.ts';
import { ownedMounts } from '../mounts/owners.ts';
import { type MountSources, mountSources } from '../mounts/sources.ts';
import type { ContainerRow } from '../row.ts';
import { buildSpec } from '../spec/index.ts';
import { etcFiles } from './etc-files.ts';
import { joinedNamespaces } from './namespaces.ts';
import type { NetworkPlace } from './network-mode.ts';
import { saveSpec } from './spec-file.ts';

/**
 * Sets a container's launch going. The shim is at work when this resolves; `launching` is its process at the gate. The
 * network's reserved sockets are taken over, also on failure. `releaseSources` is to be called once it runs, or will not run.
 */
export async function beginLaunch(
  context: Context,
  row: ContainerRow,
  place: NetworkPlace,
): Promise<{ launching: Promise<Pending>; releaseSources: () => void }> {
  const attachment = place.kind === 'own' ? place.attachment : undefined;
  const reserved = attachment?.reserved ?? [];
  let sources: MountSources | undefined;
  let request: Launch;
  try {
    sources = await mountSources(context, row);
    request = { ...(await prepare(context, row, { place, sources })), reserved };
  } catch (error) {
    sources?.release();
    for (const fd of reserved) closeFd(fd);
    throw error;
  }
  if (attachment?.furniture) request.network = attachment.furniture;
  const launching = context.runtime.launch(request);
  saveSpec(context, row.id, request.spec);
  // The caller may fail at something else before it comes to wait for this.
  launching.catch(() => undefined);
  return { launching, releaseSources: sources.release };
}

async function prepare(
  context: Context,
  row: ContainerRow,
  { place, sources }: { place: NetworkPlace; sources: MountSources },
): Promise<Omit<Launch, 'reserved'>> {
  const log = logFile(context, row);
  if (log && row.hostConfig.LogConfig?.Type === 'local') mkdirSync(dirname(log.path), { recursive: true });
  const rootFd = context.snapshots.mount(row.id, { volatile: row.hostConfig.AutoRemove ?? false });
  try {
    await fillVolumes(context, { row, rootFd }, sources.mounts);
    const readInRoot = (path: string) => readFileIn(rootFd, path);
    const mounts = await ownedMounts(context, row, { ...sources, readInRoot });
    const { joined, shm } = joinedNamespaces(context, row, place);
    const spec = buildSpec({
      id: row.id,
      config: row.config,
      linkedEnv: joinLinks(context, row).env,
      hostConfig: row.hostConfig,
      mounts,
      files: etcFiles(context, row),
      joined,
      ...(row.ids && { ids: row.ids }),
      ...(shm && { shmPath: context.runtime.shmAt }),
      readInRoot,
      facts: context.facts,
      rootPath: row.id,
      cgroupParent: context.cgroupParent,
      ...consoleSize(row),
    });
    if (spec.process.apparmorProfile === defaultProfileName) await ensureDefaultProfile();
    const { Runtime: runtime } = row.hostConfig;
    const given = { ...(log && { log }), ...(shm && { shm }), ...(runtime && { runtime }) };
    return { id: row.id, token: row.token, spec, rootFd, stdio: stdioOf(row), ...given };
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
    for (const { name, destination } of wanting) {
      await context.volumes.fill(name, { rootFd: view ?? rootFd, path: destination });
    }
  } finally {
    if (view !== undefined) closeFd(view);
  }
}

function stdioOf({ config, hostConfig }: ContainerRow): Launch['stdio'] {
  const tty = config.Tty ?? false;
  return {
    tty,
    openStdin: config.OpenStdin ?? false,
    // A terminal stays open for the next who attaches.
    stdinOnce: !tty && (config.StdinOnce ?? false),
    ...consoleSize({ config, hostConfig }),
  };
}

function consoleSize({ config, hostConfig }: Pick<ContainerRow, 'config' | 'hostConfig'>) {
  const [rows = 0, columns = 0] = hostConfig.ConsoleSize ?? [];
  return config.Tty && rows > 0 && columns > 0 ? { size: [rows, columns] as [number, number] } : {};
}
