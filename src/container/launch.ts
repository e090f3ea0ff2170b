import { closeFd, readFileIn } from '../host/index.ts';
import type { Launch, Pending } from '../runtime/index.ts';
import type { Context } from './context.ts';
import { etcFiles } from './files.ts';
import { logFile } from './log-file.ts';
import { joinedNamespaces } from './namespaces.ts';
import type { NetworkPlace } from './network-mode.ts';
import type { ContainerRow } from './row.ts';
import { buildSpec } from './spec/index.ts';
import { saveSpec } from './spec-file.ts';

/** Brings the container's process as far as the gate. The network's reserved sockets are taken over, also on failure. */
export async function launch(context: Context, row: ContainerRow, place: NetworkPlace): Promise<Pending> {
  const log = logFile(context, row);
  const mounts = await Promise.all(row.mounts.map((mount) => withSource(context, mount)));
  const rootFd = context.snapshots.mount(row.id, { volatile: row.hostConfig.AutoRemove ?? false });
  let request: Launch;
  try {
    await fillVolumes(context, rootFd, mounts);
    const spec = buildSpec({
      id: row.id,
      config: row.config,
      hostConfig: row.hostConfig,
      mounts,
      files: etcFiles(context, row),
      joined: joinedNamespaces(context, row, place),
      readInRoot: (path) => readFileIn(rootFd, path),
      facts: context.facts,
      rootPath: row.id,
      cgroupParent: context.cgroupParent,
      ...consoleSize(row),
    });
    saveSpec(context, row.id, spec);
    request = { id: row.id, token: row.token, spec, rootFd, stdio: stdioOf(row), reserved: [], ...(log && { log }) };
  } catch (error) {
    closeFd(rootFd);
    if (place.kind === 'own') for (const fd of place.attachment.reserved) closeFd(fd);
    throw error;
  }
  if (place.kind === 'own') {
    const { furniture, reserved } = place.attachment;
    Object.assign(request, { reserved }, furniture && { network: furniture });
  }
  return context.runtime.launch(request);
}

async function fillVolumes(context: Context, rootFd: number, mounts: ContainerRow['mounts']): Promise<void> {
  for (const { type, copy, name, destination } of mounts) {
    if (type === 'volume' && copy) await context.volumes.fill(name, { rootFd, path: destination });
  }
}

/** A volume that vanished since the container was made comes back empty, as in Docker. */
async function withSource(context: Context, mount: ContainerRow['mounts'][number]) {
  if (mount.type !== 'volume') return mount;
  await context.volumes.create({ name: mount.name, ...(mount.driver && { driver: mount.driver }) });
  return { ...mount, source: context.volumes.path(mount.name) };
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
