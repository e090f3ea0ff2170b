import { posix } from 'node:path';
import { cgroupPids, closeFd, openDirectory } from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import { idMap, makesNew } from '../compile/index.ts';
import type { ExecLaunch, Launch, OciRuntime, Pending } from '../contract.ts';
import { bury, recordOf } from '../process/bury.ts';
import type { LaunchRecord } from '../process/directory.ts';
import { start } from '../process/start.ts';
import { controlOf, headerOf, ownerOf, type Room } from '../room.ts';
import { bundleFiles, execFiles, networkFile } from './bundle.ts';
import { compileOciExec, compileOciLaunch } from './compile.ts';
import { ociFailure } from './failure.ts';
import { runtimeOf } from './runtimes.ts';

/** Runtime.launch by another runtime; `path` is the directory of the start, its bundle. */
export async function launchOci(room: Room, path: string, launch: Launch): Promise<Pending> {
  const made: number[] = [];
  let own: ReturnType<typeof freshNamespaces> | undefined;
  try {
    const { id, token, spec, stdio, log, network, shm, reserved } = launch;
    const runtime = named(room, launch.runtime ?? '');
    const cgroup = spec.linux.cgroupsPath;
    const file = network && makesNew(spec, 'network') ? networkFile(path) : undefined;
    own = file && makesNew(spec, 'user') ? freshNamespaces(room, spec) : undefined;
    made.push(...(own ? [own.network] : []));
    const steps = compileOciLaunch({
      id,
      path,
      runtime,
      spec,
      stdio,
      rootAt: room.rootAt,
      cgroups: room.cgroups,
      systemd: room.scopes !== undefined,
      ...(launch.restore !== undefined && { restore: launch.restore }),
      ...(network && file && { network: { plan: network, file } }),
      ...(shm && { shm: { ...shm, at: room.shmAt } }),
    });
    const record: LaunchRecord = { token, boot: room.boot, cgroup, oci: { runtime, id, cgroup } };
    const pending = await start({
      header: {
        ...headerOf(room, { id, token, stdio, owner: ownerOf(spec) }),
        kind: 'container',
        reserved: reserved.length,
        hasNetwork: own !== undefined,
        ...(log && { log }),
      },
      steps,
      path,
      record,
      files: bundleFiles(room.scopes ? asScope(spec) : spec, stdio, {
        path,
        rootAt: room.rootAt,
        ...(file && { network: file }),
        ...(own && { user: own.path }),
      }),
      failure: (failure) => ociFailure('container', path, runtime.path, failure),
      log: room.log,
      calm: room.calm,
      shims: room.shims,
      tree: launch.rootFd,
      held: [...reserved, ...made],
      pids: () => cgroupPids(room.cgroups, cgroup),
      control: controlOf(room, cgroup),
      bury: () => bury(room, path, record),
    });
    return own ? closing(pending, own.user) : pending;
  } catch (error) {
    if (own) closeFd(own.user);
    throw error;
  } finally {
    for (const fd of [launch.rootFd, ...launch.reserved, ...made]) closeFd(fd);
  }
}

/** The scope as other runtimes name it: `slice:prefix:name`. */
function asScope(spec: Launch['spec']): Launch['spec'] {
  const { cgroupsPath } = spec.linux;
  const [prefix = '', ...name] = posix.basename(cgroupsPath, '.scope').split('-');
  const path = `${posix.basename(posix.dirname(cgroupsPath))}:${prefix}:${name.join('-')}`;
  return { ...spec, linux: { ...spec.linux, cgroupsPath: path } };
}

/** The network is furnished before the runtime is called, and belongs to the user namespace that the container will be in. */
function freshNamespaces(room: Room, { linux }: Launch['spec']) {
  const { uidMappings: uids = [], gidMappings: gids = [] } = linux;
  const made = room.namespaces.fresh({ uids: idMap(uids), gids: idMap(gids) });
  return { ...made, path: `/proc/${process.pid}/fd/${made.user}` };
}

/** The runtime finds the namespace by this fd until it has made the container. */
function closing(pending: Pending, fd: number): Pending {
  let open = true;
  const once = async (step: () => Promise<void>) => {
    try {
      await step();
    } finally {
      if (open) closeFd(fd);
      open = false;
    }
  };
  return { ...pending, go: () => once(pending.go), abort: () => once(pending.abort) };
}

/** Runtime.exec by the runtime that has the container; `container` is the directory of the container's start. */
export async function launchOciExec(
  room: Room,
  { path, container }: { path: string; container: string },
  launch: ExecLaunch,
): Promise<Pending> {
  const { id, token, spec, stdio, process, containerId } = launch;
  const { oci } = recordOf(container);
  if (!oci) throw new EngineError('conflict', `container ${containerId} is not running`);
  const { runtime, cgroup } = oci;
  const record: LaunchRecord = { token, boot: room.boot, cgroup: '', oci };
  const tree = openDirectory(container);
  try {
    return await start({
      header: {
        ...headerOf(room, { id, token, stdio, owner: ownerOf(spec, process) }),
        kind: 'exec',
        reserved: 0,
        hasNetwork: false,
      },
      steps: compileOciExec({ path, container, containerId, runtime, stdio }),
      path,
      record,
      files: execFiles(spec, process, stdio),
      failure: (failure) => ociFailure('exec', path, runtime.path, failure),
      log: room.log,
      calm: room.calm,
      shims: room.shims,
      tree,
      held: [],
      pids: (pid) => cgroupPids(room.cgroups, cgroup).filter((one) => one === pid),
      bury: () => bury(room, path, record),
    });
  } finally {
    closeFd(tree);
  }
}

function named(room: Room, name: string): OciRuntime {
  const runtime = runtimeOf(room.runtimes, name);
  if (!runtime) throw new EngineError('invalid', `unknown or invalid runtime name: ${name}`);
  return runtime;
}
