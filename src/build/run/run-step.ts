import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { closeFd, readFileIn } from '../../host/index.ts';
import { crashpoint, EngineError, newId, newToken } from '../../kit/index.ts';
import type { NetworkAttachment } from '../../network/index.ts';
import type { Exit, Launch, Process } from '../../runtime/index.ts';
import type { Context } from '../context.ts';
import type { RunOptions } from '../contract.ts';
import type { RunStep } from '../language/index.ts';
import { createFrames } from './frames.ts';
import { type MountInputs, type StepMounts, stepMounts } from './mounts.ts';
import { missingPlaces, removePlaces } from './stubs.ts';

const SIGKILL = 9;

export interface RunWork {
  step: RunStep;
  /** What it changes, lowest first. */
  layers: string[];
  options: RunOptions;
  inputs: MountInputs;
  log(stream: 1 | 2, bytes: Uint8Array): void;
  signal: AbortSignal;
  /** What the start has made for its mounts. */
  stubs?: ReturnType<typeof missingPlaces>;
}

/** Runs a step's command on a stack of layers; the name of the layer that it made. */
export async function runStep(context: Context, work: RunWork): Promise<string> {
  const id = newId();
  const { snapshots } = context;
  await snapshots.create(id, work.layers, { places: 'below' });
  try {
    await runIn(context, id, work);
    return await snapshots.keep(id);
  } catch (error) {
    await snapshots.remove(id);
    throw error;
  }
}

async function runIn(context: Context, id: string, work: RunWork): Promise<void> {
  const directory = join(context.directory, 'run', id);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  let mounts: StepMounts | undefined;
  let process: Process | undefined;
  const clearAway = async (): Promise<void> => {
    mounts?.release();
    await process?.release();
    await context.networks.release(id);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    mounts = await stepMounts(context, work.step, { id, directory, inputs: work.inputs });
    const attachment = await context.networks.attach(attachRequest(id, work));
    const running = await launch(context, { id, directory, work, mounts, attachment });
    process = running.process;
    await finish(running, work);
    if (work.stubs?.length) clearStubs(context, id, work.stubs);
  } finally {
    // The next step need not wait for that.
    context.clearing.add(clearAway());
  }
}

/** What the engine itself mounts. */
const ownFiles = ['/etc/hosts', '/etc/resolv.conf'];

function clearStubs({ snapshots }: Context, id: string, stubs: ReturnType<typeof missingPlaces>): void {
  const root = snapshots.mount(id, { volatile: true });
  try {
    removePlaces(root, stubs);
  } finally {
    closeFd(root);
  }
}

function networkOf({ step, options }: RunWork): string {
  return step.network === 'default' ? options.network : step.network;
}

function attachRequest(id: string, work: RunWork): Parameters<Context['networks']['attach']>[0] {
  return {
    containerId: id,
    name: '',
    mode: networkOf(work) === 'default' ? 'bridge' : networkOf(work),
    hostname: 'buildkitsandbox',
    domainname: '',
    portBindings: {},
    exposedPorts: [],
    publishAll: false,
    extraHosts: work.options.extraHosts,
    dns: { servers: [], search: [], options: [] },
  };
}

interface Starting {
  id: string;
  directory: string;
  work: RunWork;
  mounts: StepMounts;
  attachment: NetworkAttachment;
}

interface Running {
  process: Process;
  /** All it said has been heard. */
  drained: Promise<void>;
}

/** The process, running, with its output on the way. */
async function launch(context: Context, at: Starting): Promise<Running> {
  const pending = await context.runtime.launch(launchRequest(context, at));
  try {
    const asked = Promise.withResolvers<void>();
    const attached = pending.process.attach({ stdin: false, stdout: true, stderr: true }, asked.resolve);
    const drained = attached.then(({ socket }) => drain(socket, at.work));
    drained.catch(() => undefined);
    // Once the question lies there, nothing that is said is missed.
    await Promise.race([asked.promise, attached]);
    await pending.go();
    crashpoint('build.running');
    at.mounts.started();
    return { process: pending.process, drained };
  } catch (error) {
    await pending.abort();
    throw error;
  }
}

function launchRequest(context: Context, { id, directory, work, mounts, attachment }: Starting): Launch {
  const { step, options } = work;
  const files = { hosts: join(directory, 'hosts'), resolvConf: join(directory, 'resolv.conf') };
  writeFileSync(files.hosts, hostsOf(attachment.hosts, options.extraHosts));
  writeFileSync(files.resolvConf, attachment.resolvConf);
  const rootFd = context.snapshots.mount(id, { volatile: true });
  try {
    const destinations = [...mounts.mounts.map(({ destination }) => destination), ...ownFiles];
    work.stubs = missingPlaces(
      rootFd,
      destinations.filter((path) => !/^\/(dev|proc|sys)(\/|$)/.test(path)),
    );
    const proxies = [...step.proxies].map(([name, value]) => `${name}=${value}`);
    const spec = context.specs({
      id,
      args: [...step.args],
      env: [...step.env, ...proxies, ...mounts.env],
      cwd: step.cwd,
      user: step.user,
      hostConfig: {
        ...options.limits,
        NetworkMode: networkOf(work),
        ...(step.security === 'insecure' && { Privileged: true }),
      },
      files,
      mounts: mounts.mounts,
      readInRoot: (path) => readFileIn(rootFd, path),
    });
    const stdio = { tty: false, openStdin: false, stdinOnce: false };
    const network = attachment.furniture;
    return { id, token: newToken(), spec, rootFd, stdio, reserved: attachment.reserved, ...(network && { network }) };
  } catch (error) {
    closeFd(rootFd);
    throw error;
  }
}

/** As BuildKit writes it: the machine itself, then what `--add-host` adds. */
function hostsOf(text: string, extraHosts: string[]): string {
  const names = new Set(extraHosts.map((entry) => entry.split(/[:=]/)[0] ?? ''));
  const added = text.split('\n').filter((line) => names.has(line.split(/\s+/)[1] ?? ''));
  const own = ['127.0.0.1\tlocalhost buildkitsandbox', '::1\tlocalhost ip6-localhost ip6-loopback'];
  return [...own, ...added, ''].join('\n');
}

function drain(socket: Socket, work: RunWork): Promise<void> {
  const frames = createFrames((stream, payload) => work.log(stream, payload));
  return new Promise((resolve) => {
    socket.on('data', frames);
    socket.on('close', () => resolve());
    socket.on('error', () => resolve());
    socket.on('end', () => socket.end());
    // It comes paused.
    socket.resume();
  });
}

/** Waits for its end; it is killed when the build is given up. */
async function finish({ process, drained }: Running, work: RunWork): Promise<void> {
  const stop = (): void => void process.signal(SIGKILL).catch(() => undefined);
  work.signal.addEventListener('abort', stop);
  if (work.signal.aborted) stop();
  try {
    const [exit] = await Promise.all([process.exited, drained]);
    work.signal.throwIfAborted();
    if (exit.code === 0) return;
    throw new EngineError('internal', failureOf(work.step, exit), exit);
  } finally {
    work.signal.removeEventListener('abort', stop);
  }
}

function failureOf(step: RunStep, { code, oom }: Exit): string {
  const words = `process ${JSON.stringify(step.args.join(' '))} did not complete successfully: exit code: ${code}`;
  return oom ? `${words}: out of memory` : words;
}
