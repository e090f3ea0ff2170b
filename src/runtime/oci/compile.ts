import { join } from 'node:path';
import type { Cgroups } from '../../host/index.ts';
import type { RuntimeSpec } from '../../oci/index.ts';
import { CLONE_NEW, cgroupWatches, networkSteps, rootPropagation } from '../compile/index.ts';
import type { NetworkPlan, OciRuntime, Stdio } from '../contract.ts';
import type { Step } from '../plan/steps.ts';
import { commandEnvironment, isCrun } from './runtimes.ts';

export interface OciLaunchInput {
  id: string;
  /** The directory of the start, which is the bundle. */
  path: string;
  runtime: OciRuntime;
  spec: RuntimeSpec;
  stdio: Stdio;
  rootAt: string;
  cgroups: Cgroups;
  /** How the container's network namespace is furnished, and the file it is bound on. */
  network?: { plan: NetworkPlan; file: string };
  /** The runtime has its cgroup made by systemd. */
  systemd?: boolean;
  /** The directory of the checkpoint that it goes on from. */
  restore?: string;
  /** Another container's /dev/shm, and where it is attached. */
  shm?: { namespace: string; at: string };
}

/** The plan of a container that another runtime makes. Its cgroup, mounts and powers are the runtime's work. */
export function compileOciLaunch(input: OciLaunchInput): Step[] {
  const { spec, cgroups, network, shm, runtime, stdio, id } = input;
  const unified = isCrun(runtime) && cgroups.mode === 'hybrid' ? cgroups.unified : undefined;
  const console = stdio.tty ? ['--console-socket', 'console'] : [];
  const driver = input.systemd ? ['--systemd-cgroup'] : [];
  const files = ['--bundle', input.path, '--pid-file', join(input.path, 'pid'), ...console];
  const [make, release] = input.restore === undefined ? [['create'], 'start'] : restoring(input.path, input.restore);
  const create = [...driver, ...make, ...files, id];
  return [
    ...cgroupWatches(unified ? withoutUnified(cgroups) : cgroups, spec.linux.cgroupsPath),
    { op: 'clone', flags: CLONE_NEW.mount | (network ? CLONE_NEW.network : 0) },
    ...(network ? networkSteps(network.plan) : []),
    { op: 'root', at: input.rootAt, propagation: rootPropagation(spec) },
    ...(shm ? [{ op: 'share', source: '/dev/shm', ...shm } as const] : []),
    ...(unified ? [{ op: 'unmount', at: unified.mountPoint } as const] : []),
    { op: 'create', network: network?.file ?? '', ...command(runtime, input.path, create) },
    { op: 'gate' },
    { op: 'start', ...command(runtime, input.path, [release, id]) },
  ];
}

/** What is restored runs at once; at the gate it is only looked whether it still does. */
const restoring = (path: string, images: string): [string[], string] => [
  ['restore', '--detach', '--image-path', images, '--work-path', join(path, criuWork)],
  'state',
];

/** Where CRIU writes its log, in the directory of a start. */
export const criuWork = 'criu';

function withoutUnified(cgroups: Cgroups): Cgroups {
  const rest = { ...cgroups };
  delete rest.unified;
  return rest;
}

export interface OciExecInput {
  /** The directory of the exec's start, and that of its container's. */
  path: string;
  container: string;
  containerId: string;
  runtime: OciRuntime;
  stdio: Stdio;
}

/** The plan of one more process in such a container: made and let go in one. */
export function compileOciExec({ path, container, containerId, runtime, stdio }: OciExecInput): Step[] {
  const console = stdio.tty ? ['--console-socket', 'console'] : [];
  const files = ['--process', join(path, 'process.json'), '--pid-file', join(path, 'pid')];
  const exec = [
    'exec',
    '--detach',
    ...(stdio.tty && isCrun(runtime) ? ['--tty'] : []),
    ...files,
    ...console,
    containerId,
  ];
  return [{ op: 'clone', flags: 0 }, { op: 'gate' }, { op: 'start', ...command(runtime, container, exec, path) }];
}

/** A runtime's whole command line: its state lies with its container's start, its log with the start it works for. */
export function command(runtime: OciRuntime, container: string, words: string[], path = container) {
  const { path: program, args } = runtime;
  const places = ['--root', join(container, 'state'), '--log', logFile(path), '--log-format', 'json'];
  return { program, args: [program, ...args, ...places, ...words], env: commandEnvironment() };
}

/** Where a runtime says what it failed of. */
export const logFile = (path: string): string => join(path, 'log.json');
