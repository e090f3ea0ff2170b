import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupPids, closeFd, openDirectory } from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { SpecProcess } from '../../oci/index.ts';
import {
  compileExec,
  compileFirstHalf,
  compileLaunch,
  compileSecondHalf,
  hooksConfig,
  makesNew,
} from '../compile/index.ts';
import type { ExecLaunch, Launch, Opened, Opening, Outline, Pending, Stdio } from '../contract.ts';
import type { Step } from '../plan/steps.ts';
import { bury } from '../process/bury.ts';
import { begin, type HalfStart, start } from '../process/start.ts';
import { controlOf, headerOf, ownerOf, parentOf, type Room } from '../room.ts';

/** Runtime.launch by a plan of our own; `path` is the directory of the start. */
export async function launchContainer(room: Room, path: string, launch: Launch): Promise<Pending> {
  const { spec, rootFd } = launch;
  const netns = takeNetwork(room, spec);
  let closeScope: (() => void) | undefined;
  try {
    closeScope = await room.scopes?.open(spec.linux.cgroupsPath, spec.linux.resources);
    const steps = compileLaunch({ ...firstInput(room, spec, launch), ...secondInput(room, path, launch) });
    const owner = ownerOf(spec);
    const config = hooksConfig(spec, room.rootAt);
    return await start({
      ...startOf(room, path, launch, { outline: spec, steps, netns, owner }),
      ...(config !== undefined && { files: { 'config.json': config } }),
      tree: rootFd,
    });
  } finally {
    // The container's process is in it by now, or will not be.
    closeScope?.();
    for (const fd of [rootFd, ...launch.reserved, ...netns]) closeFd(fd);
  }
}

/**
 * Runtime.open by a plan of our own. What is in a user namespace, or in a scope of systemd's, wants all of its plan at once; where many
 * start side by side, so that no shim waits, two halves would only be more work.
 */
export async function openContainer(room: Room, path: string, opening: Opening): Promise<Opened | undefined> {
  const { outline } = opening;
  if (room.scopes || hasUser(outline) || !makesNew(outline, 'mount')) return undefined;
  if (!opening.early && !room.shims.isReady()) return undefined;
  const netns = takeNetwork(room, outline);
  try {
    const steps = compileFirstHalf(firstInput(room, outline, opening));
    const begun = await begin(startOf(room, path, opening, { outline, steps, netns, owner: 0 }));
    for (const fd of opening.reserved) closeFd(fd);
    return {
      launch: async ({ spec, rootFd, shm }) => {
        try {
          const rest = compileSecondHalf(secondInput(room, path, { ...opening, spec, ...(shm && { shm }) }));
          const config = hooksConfig(spec, room.rootAt);
          if (config !== undefined) writeFileSync(join(path, 'config.json'), config, { mode: 0o600 });
          return begun.finish({ steps: rest, tree: rootFd, owner: ownerOf(spec) });
        } catch (error) {
          await begun.abandon();
          throw error;
        } finally {
          closeFd(rootFd);
        }
      },
      attach: begun.attach,
      close: begun.abandon,
    };
  } finally {
    for (const fd of netns) closeFd(fd);
  }
}

const hasUser = ({ linux }: Outline): boolean => linux.namespaces.some(({ type }) => type === 'user');

// A namespace that belongs to a user namespace of the container's cannot have been made before it.
function takeNetwork(room: Room, outline: Outline): number[] {
  const fresh = makesNew(outline, 'network') && !hasUser(outline);
  const netns = fresh ? room.network.take() : undefined;
  return netns === undefined ? [] : [netns];
}

function firstInput(room: Room, outline: Outline, { network }: Pick<Launch, 'network'>) {
  const parent = parentOf(room, outline.linux.cgroupsPath);
  return { outline, cgroups: room.cgroups, parent, ...(network && { network }) };
}

function secondInput(
  room: Room,
  bundle: string,
  { id, spec, stdio, shm }: Pick<Launch, 'id' | 'spec' | 'stdio' | 'shm'>,
) {
  const { rootAt, cgroups, kcore, seccomp } = room;
  return { id, bundle, spec, stdio, rootAt, cgroups, kcore, seccomp, ...(shm && { shm: { ...shm, at: room.shmAt } }) };
}

type Common = Pick<Launch, 'id' | 'token' | 'stdio' | 'log' | 'reserved'>;

function startOf(
  room: Room,
  path: string,
  { id, token, stdio, log, reserved }: Common,
  { outline, steps, netns, owner }: { outline: Outline; steps: Step[]; netns: number[]; owner: number },
): HalfStart {
  const cgroup = outline.linux.cgroupsPath;
  const record = { token, boot: room.boot, cgroup };
  return {
    header: {
      ...headerOf(room, { id, token, stdio, owner }),
      kind: 'container',
      reserved: reserved.length,
      hasNetwork: netns.length > 0,
      ...(log && { log }),
    },
    steps,
    path,
    record,
    log: room.log,
    calm: room.calm,
    shims: room.shims,
    held: [...reserved, ...netns],
    pids: () => cgroupPids(room.cgroups, cgroup),
    control: controlOf(room, cgroup),
    bury: () => bury(room, path, record),
  };
}

/** Runtime.exec by a plan of our own; `container` is the directory of the container's start. */
export async function launchExec(
  room: Room,
  paths: { path: string; container: string },
  launch: ExecLaunch,
): Promise<Pending> {
  const { id, token, spec, stdio, process } = launch;
  const steps = withConsole(
    compileExec({ containerId: launch.containerId, spec, process, cgroups: room.cgroups, seccomp: room.seccomp }),
    stdio,
    process,
  );
  if (!existsSync(paths.container)) {
    throw new EngineError('conflict', `container ${launch.containerId} is not running`);
  }
  const container = openDirectory(paths.container);
  try {
    return await start({
      header: {
        ...headerOf(room, { id, token, stdio, owner: ownerOf(spec, process) }),
        kind: 'exec',
        reserved: 0,
        hasNetwork: false,
      },
      steps,
      path: paths.path,
      record: { token, boot: room.boot, cgroup: '' },
      log: room.log,
      calm: room.calm,
      shims: room.shims,
      tree: container,
      held: [],
      pids: (pid) => [pid],
      bury: () => Promise.resolve(),
    });
  } finally {
    closeFd(container);
  }
}

// An exec's terminal is the container's too, but stands on no path in it.
function withConsole(steps: Step[], stdio: Stdio, { user }: SpecProcess): Step[] {
  if (!stdio.tty) return steps;
  return steps.flatMap((step): Step[] =>
    step.op === 'clone' ? [step, { op: 'console', target: '', uid: user.uid }] : [step],
  );
}
