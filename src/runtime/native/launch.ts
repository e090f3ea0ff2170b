import { existsSync } from 'node:fs';
import { cgroupPids, closeFd, openDirectory } from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { SpecProcess } from '../../oci/index.ts';
import { compileExec, compileLaunch, makesNew } from '../compile/index.ts';
import type { ExecLaunch, Launch, Pending, Stdio } from '../contract.ts';
import type { Step } from '../plan/steps.ts';
import { bury } from '../process/bury.ts';
import { start } from '../process/start.ts';
import { controlOf, headerOf, parentOf, type Room } from '../room.ts';

/** Runtime.launch by a plan of our own; `path` is the directory of the start. */
export async function launchContainer(room: Room, path: string, launch: Launch): Promise<Pending> {
  // A namespace that belongs to a user namespace of the container's cannot have been made before it.
  const fresh = makesNew(launch.spec, 'network') && !launch.spec.linux.namespaces.some(({ type }) => type === 'user');
  const netns = fresh ? room.network.take() : undefined;
  const made = netns === undefined ? [] : [netns];
  let closeScope: (() => void) | undefined;
  try {
    const { id, token, spec, stdio, log, network, shm, reserved } = launch;
    const cgroup = spec.linux.cgroupsPath;
    closeScope = await room.scopes?.open(cgroup, spec.linux.resources);
    const steps = compileLaunch({
      id,
      spec,
      stdio,
      rootAt: room.rootAt,
      cgroups: room.cgroups,
      parent: parentOf(room, cgroup),
      kcore: room.kcore,
      seccomp: room.seccomp,
      ...(network && { network }),
      ...(shm && { shm: { ...shm, at: room.shmAt } }),
    });
    const record = { token, boot: room.boot, cgroup };
    return await start({
      header: {
        ...headerOf(room, { id, token, stdio, process: spec.process, spec }),
        kind: 'container',
        reserved: reserved.length,
        hasNetwork: netns !== undefined,
        ...(log && { log }),
      },
      steps,
      path,
      record,
      log: room.log,
      shims: room.shims,
      tree: launch.rootFd,
      held: [...reserved, ...made],
      pids: () => cgroupPids(room.cgroups, cgroup),
      control: controlOf(room, cgroup),
      bury: () => bury(room, path, record),
    });
  } finally {
    // The container's process is in it by now, or will not be.
    closeScope?.();
    for (const fd of [launch.rootFd, ...launch.reserved, ...made]) closeFd(fd);
  }
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
      header: { ...headerOf(room, { id, token, stdio, process, spec }), kind: 'exec', reserved: 0, hasNetwork: false },
      steps,
      path: paths.path,
      record: { token, boot: room.boot, cgroup: '' },
      log: room.log,
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
