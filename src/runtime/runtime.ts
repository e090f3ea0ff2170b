import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Cgroups,
  cgroupPids,
  closeFd,
  copyTree,
  detectCgroups,
  newNetworkNamespace,
  sealedProgram,
} from '../host/index.ts';
import { EngineError, type Log } from '../kit/index.ts';
import { checkpoint } from './checkpoint/checkpoint.ts';
import type { OciRuntime, Runtime } from './contract.ts';
import { launchContainer, launchExec, openContainer } from './native/launch.ts';
import { launchOci, launchOciExec } from './oci/launch.ts';
import { findRuntimes, native, runtimeOf } from './oci/runtimes.ts';
import { bury, recordOf } from './process/bury.ts';
import { recover } from './process/recover.ts';
import { sweep } from './process/sweep.ts';
import { controlOf, type Room } from './room.ts';
import { createScopes } from './scope/scopes.ts';
import { createSeccompCompiler } from './seccomp/index.ts';
import { createCalm } from './spare/calm.ts';
import { createShims } from './spare/shims.ts';
import { createSpare } from './spare/spare.ts';
import { createUserNamespaces } from './user-namespaces.ts';

export interface RuntimeOptions {
  /** Made if missing; best in memory (/run). Everything of a running start lies below it. */
  execRoot: string;
  /** The static shim: its bytes, or where they are. */
  shim: { bytes: Uint8Array } | { path: string };
  log: Log;
  cgroups?: Cgroups;
  /** Who makes the cgroups of containers, if not the runtime: `spec.linux.cgroupsPath` is then that of a scope. */
  cgroupDriver?: 'systemd';
  /** Runtimes by name, beside those in PATH. */
  runtimes?: Record<string, OciRuntime>;
}

/** The native runtime and those that this machine has; every process is watched by a shim of its own, and outlives this engine. */
export function createRuntime(options: RuntimeOptions): Runtime {
  const room = furnish(options);
  const containerPath = (id: string) => join(room.execRoot, 'containers', checked(id));
  const execPath = (id: string) => join(room.execRoot, 'exec', checked(id));
  const burialOf = (path: string) => {
    const record = recordOf(path);
    return () => bury(room, path, record);
  };
  return {
    names: () => ({ [native]: undefined, ...Object.fromEntries(room.runtimes) }),
    knows: (name) => isNative(name) || runtimeOf(room.runtimes, name) !== undefined,
    configure: (runtimes) => {
      room.runtimes = findRuntimes(runtimes);
    },
    shmAt: room.shmAt,
    userNamespace: room.namespaces.of,
    copyTree: (...copy) => copyTree(room.program, ...copy),
    launch: (launch) => {
      const launchBy = isNative(launch.runtime) ? launchContainer : launchOci;
      return launchBy(room, containerPath(launch.id), launch);
    },
    open: async (opening) =>
      isNative(opening.runtime) ? openContainer(room, containerPath(opening.id), opening) : undefined,
    exec: (launch) => {
      const paths = { path: execPath(launch.id), container: containerPath(launch.containerId) };
      return (isNative(launch.runtime) ? launchExec : launchOciExec)(room, paths, launch);
    },
    checkpoint: (request) => checkpoint(room, containerPath(request.id), request),
    recover: async (id, token) => {
      const isContainer = existsSync(containerPath(id));
      const path = isContainer ? containerPath(id) : execPath(id);
      const { cgroup } = recordOf(path);
      const pids = (pid: number) => (cgroup ? cgroupPids(room.cgroups, cgroup) : [pid]);
      const control = cgroup ? { control: controlOf(room, cgroup) } : {};
      const patience = isContainer ? patienceWith.container : patienceWith.exec;
      return recover({ id, token, path, boot: room.boot, pids, ...control, bury: burialOf(path), patience });
    },
    sweep: (known) => sweep({ execRoot: room.execRoot, known, burialOf, log: options.log }),
    close: async () => {
      room.shims.close();
      room.network.close();
      room.calm.close();
      room.scopes?.close();
      room.namespaces.close();
      closeFd(room.program);
    },
  };
}

/** Milliseconds that a monitor may take for an answer while an engine starts. An exec that never began may be frozen with its container. */
const patienceWith = { container: 2000, exec: 250 };

/** Milliseconds without a start or an end until the next ones are prepared. */
const pause = 15;

/** How many files this process may have open; the runtime it runs on raises it to the hard limit at its start. */
function openFilesLimit(): number {
  const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}

const isNative = (name: string | undefined) => name === undefined || name === native;

function furnish(options: RuntimeOptions): Room {
  const { execRoot, log } = options;
  const [rootAt, shmAt] = [join(execRoot, 'rootfs'), join(execRoot, 'shm')];
  mkdirSync(execRoot, { recursive: true, mode: 0o711 });
  for (const at of [rootAt, shmAt]) mkdirSync(at, { recursive: true, mode: 0o700 });
  const bytes = 'bytes' in options.shim ? options.shim.bytes : readFileSync(options.shim.path);
  const calm = createCalm(pause);
  const cgroups = options.cgroups ?? detectCgroups();
  const scopes =
    options.cgroupDriver && createScopes({ cgroupVersion: cgroups.mode === 'v2' ? 2 : 1, log: options.log });
  const program = sealedProgram('tug-shim', bytes, execRoot);
  return {
    execRoot,
    program,
    calm,
    shims: createShims(program, calm, openFilesLimit()),
    network: createSpare(calm, { make: newNetworkNamespace, discard: closeFd }),
    namespaces: createUserNamespaces(program),
    rootAt,
    shmAt,
    boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    cgroups,
    ...(scopes && { scopes }),
    kcore: existsSync('/proc/kcore'),
    seccomp: createSeccompCompiler(),
    parents: new Map(),
    runtimes: findRuntimes(options.runtimes ?? {}),
    log,
  };
}

function checked(id: string): string {
  if (!/^[\w][\w.-]*$/.test(id)) throw new EngineError('invalid', `invalid id: ${id}`);
  return id;
}
