import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { closeFd, readFileIn } from '../../host/index.ts';
import type { Launch, Opened, Pending } from '../../runtime/index.ts';
import type { Context } from '../context.ts';
import { joinLinks } from '../links/links.ts';
import { logFile } from '../log/log-file.ts';
import { type MountSources, mountSources } from '../mounts/sources.ts';
import type { ContainerRow } from '../row.ts';
import { buildSpec, type JoinedNamespaces, type MountPoint, outlineSpec } from '../spec/index.ts';
import { containerDirectory } from './clear.ts';
import { etcFiles } from './etc-files.ts';
import { writeEtcFiles } from './files.ts';
import { joinedNamespaces } from './namespaces.ts';
import type { NetworkPlace } from './network-mode.ts';
import { saveSpec } from './spec-file.ts';

type Frame = Omit<Launch, 'spec' | 'rootFd'>;

/** A launch on its way: what was begun of it, if it could be. */
interface Beginning {
  frame: Frame;
  joined: JoinedNamespaces;
  opened: Opened | undefined;
}

// Sets a shim to what needs no root: cgroups, namespaces, network.
async function openLaunch(context: Context, row: ContainerRow, place: NetworkPlace): Promise<Beginning> {
  const attachment = place.kind === 'own' ? place.attachment : undefined;
  const reserved = attachment?.reserved ?? [];
  try {
    const { joined, shm } = joinedNamespaces(context, row, place);
    mkdirSync(containerDirectory(context, row.id), { recursive: true, mode: 0o710 });
    const log = logFile(context, row);
    if (log && row.hostConfig.LogConfig?.Type === 'local') mkdirSync(dirname(log.path), { recursive: true });
    const { Runtime: runtime } = row.hostConfig;
    const network = attachment?.furniture;
    const given = {
      ...(log && { log }),
      ...(shm && { shm }),
      ...(runtime && { runtime }),
      ...(network && { network }),
    };
    const frame: Frame = { id: row.id, token: row.token, stdio: stdioOf(row), reserved, ...given };
    return { frame, joined, opened: await open(context, row, { frame, joined }) };
  } catch (error) {
    for (const fd of reserved) closeFd(fd);
    throw error;
  }
}

async function open(
  context: Context,
  row: ContainerRow,
  { frame, joined }: Pick<Beginning, 'frame' | 'joined'>,
): Promise<Opened | undefined> {
  const { id, config, hostConfig } = row;
  // What is asked for by name may come with rules for the cgroup.
  if ((hostConfig.DeviceRequests ?? []).length > 0) return undefined;
  const linux = outlineSpec({ id, config, hostConfig, joined, cgroupParent: context.cgroupParent });
  return context.runtime.open({ ...frame, outline: { linux } });
}

/**
 * Sets a container's launch going. The shim is at work when this resolves; `launching` is its process at the gate. The
 * network's reserved sockets are taken over, also on failure. `releaseSources` is to be called once it runs, or will not run.
 */
export async function beginLaunch(
  context: Context,
  row: ContainerRow,
  place: NetworkPlace,
): Promise<{ launching: Promise<Pending>; releaseSources: () => void }> {
  const beginning = await openLaunch(context, row, place);
  const { frame, opened } = beginning;
  let sources: MountSources | undefined;
  let rooted: Pick<Launch, 'spec' | 'rootFd'>;
  try {
    writeEtcFiles(context, row, place);
    sources = await mountSources(context, row);
    rooted = await prepare(context, row, { beginning, mounts: sources.mounts });
  } catch (error) {
    sources?.release();
    if (opened) await opened.close();
    else for (const fd of frame.reserved) closeFd(fd);
    throw error;
  }
  const launching = opened ? opened.launch({ ...frame, ...rooted }) : context.runtime.launch({ ...frame, ...rooted });
  saveSpec(context, row.id, rooted.spec);
  // The caller may fail at something else before it comes to wait for this.
  launching.catch(() => undefined);
  return { launching, releaseSources: sources.release };
}

async function prepare(
  context: Context,
  row: ContainerRow,
  { beginning, mounts }: { beginning: Beginning; mounts: MountPoint[] },
): Promise<Pick<Launch, 'spec' | 'rootFd'>> {
  const { frame, joined } = beginning;
  const rootFd = context.snapshots.mount(row.id, { volatile: row.hostConfig.AutoRemove ?? false });
  try {
    await fillVolumes(context, rootFd, mounts);
    const spec = buildSpec({
      id: row.id,
      config: row.config,
      linkedEnv: joinLinks(context, row).env,
      hostConfig: row.hostConfig,
      mounts,
      files: etcFiles(context, row),
      joined,
      ...(frame.shm && { shmPath: context.runtime.shmAt }),
      readInRoot: (path) => readFileIn(rootFd, path),
      facts: context.facts,
      rootPath: row.id,
      cgroupParent: context.cgroupParent,
      ...consoleSize(row),
    });
    return { spec, rootFd };
  } catch (error) {
    closeFd(rootFd);
    throw error;
  }
}

async function fillVolumes(context: Context, rootFd: number, mounts: ContainerRow['mounts']): Promise<void> {
  for (const { type, copy, name, destination } of mounts) {
    if (type === 'volume' && copy) await context.volumes.fill(name, { rootFd, path: destination });
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
