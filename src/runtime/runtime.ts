import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CgroupParent,
  type Cgroups,
  cgroupPids,
  closeFd,
  detectCgroups,
  killCgroup,
  openDirectory,
  prepareCgroupParent,
  removeCgroup,
  sealedProgram,
} from '../host/index.ts';
import { EngineError, type Log } from '../kit/index.ts';
import type { RuntimeSpec, SpecProcess } from '../oci/index.ts';
import { compileExec, compileLaunch, makesNew } from './compile/index.ts';
import type { ExecLaunch, Launch, Pending, Runtime, Stdio } from './contract.ts';
import type { PlanHeader } from './plan/encode.ts';
import type { Step } from './plan/steps.ts';
import { recover } from './process/recover.ts';
import { createShims, type Shims } from './process/shims.ts';
import { createSpareNetwork, type SpareNetwork } from './process/spare-network.ts';
import { start } from './process/start.ts';
import { sweep } from './process/sweep.ts';
import { createSeccompCompiler } from './seccomp/index.ts';

export interface RuntimeOptions {
  /** Made if missing; best in memory (/run). Everything of a running start lies below it. */
  execRoot: string;
  /** The static shim: its bytes, or where they are. */
  shim: { bytes: Uint8Array } | { path: string };
  log: Log;
  cgroups?: Cgroups;
}

interface Room {
  execRoot: string;
  program: number;
  shims: Shims;
  network: SpareNetwork;
  rootAt: string;
  boot: string;
  cgroups: Cgroups;
  kcore: boolean;
  seccomp: ReturnType<typeof createSeccompCompiler>;
  parents: Map<string, CgroupParent>;
}

/** The native runtime: every process is started and watched by a shim of its own, and outlives this engine. */
export function createRuntime(options: RuntimeOptions): Runtime {
  const room = furnish(options);
  const containerPath = (id: string) => join(room.execRoot, 'containers', checked(id));
  const execPath = (id: string) => join(room.execRoot, 'exec', checked(id));
  const bury = (cgroup: string) => () => clear(room.cgroups, cgroup);
  return {
    launch: (launch) => launchContainer(room, containerPath(launch.id), launch),
    exec: (launch) =>
      launchExec(room, { path: execPath(launch.id), container: containerPath(launch.containerId) }, launch),
    recover: async (id, token) => {
      const path = existsSync(containerPath(id)) ? containerPath(id) : execPath(id);
      const cgroup = cgroupOf(path);
      const pids = (pid: number) => (cgroup ? cgroupPids(room.cgroups, cgroup) : [pid]);
      return recover({ id, token, path, boot: room.boot, pids, bury: bury(cgroup) });
    },
    sweep: (known) =>
      sweep({
        execRoot: room.execRoot,
        known,
        cgroupOf,
        bury: (cgroup) => clear(room.cgroups, cgroup),
        log: options.log,
      }),
    close: async () => {
      room.shims.close();
      room.network.close();
      closeFd(room.program);
    },
  };
}

function furnish(options: RuntimeOptions): Room {
  const { execRoot } = options;
  const rootAt = join(execRoot, 'rootfs');
  mkdirSync(execRoot, { recursive: true, mode: 0o711 });
  mkdirSync(rootAt, { recursive: true, mode: 0o700 });
  const bytes = 'bytes' in options.shim ? options.shim.bytes : readFileSync(options.shim.path);
  const program = sealedProgram('tug-shim', bytes, execRoot);
  return {
    execRoot,
    program,
    shims: createShims(program),
    network: createSpareNetwork(),
    rootAt,
    boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    cgroups: options.cgroups ?? detectCgroups(),
    kcore: existsSync('/proc/kcore'),
    seccomp: createSeccompCompiler(),
    parents: new Map(),
  };
}

async function launchContainer(room: Room, path: string, launch: Launch): Promise<Pending> {
  // A namespace that belongs to a new user namespace cannot have been made before it.
  const fresh = makesNew(launch.spec, 'network') && !makesNew(launch.spec, 'user');
  const netns = fresh ? room.network.take() : undefined;
  try {
    const { id, token, spec, stdio, log, network, reserved } = launch;
    const cgroup = spec.linux.cgroupsPath;
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
    });
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
      record: { token, boot: room.boot, cgroup },
      shims: room.shims,
      tree: launch.rootFd,
      held: netns === undefined ? reserved : [...reserved, netns],
      pids: () => cgroupPids(room.cgroups, cgroup),
      bury: () => clear(room.cgroups, cgroup),
    });
  } finally {
    for (const fd of [launch.rootFd, ...launch.reserved]) closeFd(fd);
    if (netns !== undefined) closeFd(netns);
  }
}

async function launchExec(
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

interface Started {
  id: string;
  token: string;
  stdio: Stdio;
  process: SpecProcess;
  spec: RuntimeSpec;
}

function headerOf(
  room: Room,
  { id, token, stdio, process, spec }: Started,
): Omit<PlanHeader, 'kind' | 'reserved' | 'hasNetwork'> {
  const owner = hostUid(process.user.uid, spec.linux.uidMappings);
  return { id, token, boot: room.boot, stdio, owner };
}

function hostUid(id: number, mappings: RuntimeSpec['linux']['uidMappings'] = []): number {
  const range = mappings.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  return range ? range.hostID + id - range.containerID : id;
}

function parentOf(room: Room, cgroup: string): CgroupParent {
  const parent = join(cgroup, '..');
  const known = room.parents.get(parent) ?? prepareCgroupParent(room.cgroups, parent);
  room.parents.set(parent, known);
  return known;
}

function cgroupOf(path: string): string {
  try {
    return (JSON.parse(readFileSync(join(path, 'launch.json'), 'utf8')) as { cgroup?: string }).cgroup ?? '';
  } catch {
    return ''; // nothing there, or a kill left it half written before there was a cgroup
  }
}

async function clear(cgroups: Cgroups, cgroup: string): Promise<void> {
  if (cgroup === '') return;
  for (let round = 0; round < 60; round++) {
    if (!cgroups.hierarchies.some(({ mountPoint }) => existsSync(join(mountPoint, cgroup)))) return;
    killCgroup(cgroups, cgroup);
    if (removeCgroup(cgroups, cgroup)) return;
    await Bun.sleep(round < 10 ? 1 : 10);
  }
}

function checked(id: string): string {
  if (!/^[\w][\w.-]*$/.test(id)) throw new EngineError('invalid', `invalid id: ${id}`);
  return id;
}
