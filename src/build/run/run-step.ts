import { closeFd, readFileIn } from '../../host/index.ts';
import { crashpoint, EngineError } from '../../kit/index.ts';
import { drain, type Exit, type Launch, type Pending, type Process } from '../../runtime/index.ts';
import type { Context } from '../context.ts';
import type { RunOptions } from '../contract.ts';
import type { RunStep } from '../language/index.ts';
import { etcFiles } from './etc-files.ts';
import { createFrames } from './frames.ts';
import { type MountInputs, type StepMounts, stepMounts } from './mounts.ts';
import { createStepPlace, type StepPlace } from './place.ts';
import { hostConfigOf, outputOf, type Prepared, prepareRun, unprepare } from './prepare.ts';
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
  /** What was made for it ahead. */
  prepared: Prepared | undefined;
  /** It runs now, and the engine has time. */
  onGo?(): void;
  /** What the start has made for its mounts. */
  stubs?: ReturnType<typeof missingPlaces>;
}

/** Runs a step's command on a stack of layers; the name of the layer that it made. */
export async function runStep(context: Context, work: RunWork): Promise<string> {
  const { snapshots } = context;
  const prepared = work.prepared ?? (await prepareRun(context, work));
  const { id } = prepared;
  try {
    await snapshots.create(id, work.layers, { places: 'below' });
  } catch (error) {
    await unprepare(context, prepared);
    throw error;
  }
  try {
    await runIn(context, prepared, work);
    return await snapshots.keep(id);
  } catch (error) {
    await snapshots.remove(id);
    throw error;
  }
}

async function runIn(context: Context, prepared: Prepared, work: RunWork): Promise<void> {
  const { id } = prepared;
  const place = createStepPlace(context, id);
  let mounts: StepMounts | undefined;
  let process: Process | undefined;
  const clearAway = async (): Promise<void> => {
    mounts?.release();
    await process?.release();
    await context.networks.release(id);
    place.remove();
  };
  let started = false;
  try {
    mounts = await stepMounts(context, work.step, { place, inputs: work.inputs });
    started = true;
    const running = await launch(context, { prepared, place, work, mounts });
    process = running.process;
    await finish(running, work);
    if (work.stubs?.length) clearStubs(context, id, work.stubs);
  } finally {
    if (!started) await prepared.opened?.close();
    // The next step need not wait for that.
    context.clearing.add(clearAway);
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

interface Starting {
  prepared: Prepared;
  place: StepPlace;
  work: RunWork;
  mounts: StepMounts;
}

interface Running {
  process: Process;
  /** All it said has been heard. */
  drained: Promise<void>;
}

/** The process, running, with its output on the way. */
async function launch(context: Context, at: Starting): Promise<Running> {
  const pending = await begun(context, at);
  try {
    const { asked, attached } = at.prepared.output ?? outputOf(pending.process);
    const drained = attached.then(({ socket }) =>
      drain(
        socket,
        createFrames((stream, bytes) => at.work.log(stream, bytes)),
      ),
    );
    drained.catch(() => undefined);
    await asked;
    const gone = pending.go();
    gone.catch(() => undefined);
    context.clearing.pump();
    at.work.onGo?.();
    await gone;
    crashpoint('build.running');
    at.mounts.started();
    return { process: pending.process, drained };
  } catch (error) {
    await pending.abort();
    throw error;
  }
}

/** The process at its gate. */
async function begun(context: Context, at: Starting): Promise<Pending> {
  const { id, token, stdio, network, attachment, opened } = at.prepared;
  let rest: Pick<Launch, 'spec' | 'rootFd'>;
  try {
    rest = rooted(context, at);
  } catch (error) {
    await opened?.close();
    throw error;
  }
  if (opened) return opened.launch(rest);
  return context.runtime.launch({ id, token, stdio, ...network, ...rest, reserved: attachment.reserved });
}

function rooted(context: Context, at: Starting): Pick<Launch, 'spec' | 'rootFd'> {
  const rootFd = context.snapshots.mount(at.prepared.id, { volatile: true });
  try {
    return { rootFd, spec: specOf(context, rootFd, at) };
  } catch (error) {
    closeFd(rootFd);
    throw error;
  }
}

function specOf(context: Context, rootFd: number, { prepared, place, work, mounts }: Starting): Launch['spec'] {
  const { step, options } = work;
  const { hosts, resolvConf } = prepared.attachment;
  const texts = { hosts: hostsOf(hosts, options.extraHosts), resolvConf };
  const destinations = [...mounts.mounts.map(({ destination }) => destination), ...ownFiles];
  work.stubs = missingPlaces(
    rootFd,
    destinations.filter((path) => !/^\/(dev|proc|sys)(\/|$)/.test(path)),
  );
  const proxies = [...step.proxies].map(([name, value]) => `${name}=${value}`);
  return context.specs.whole({
    id: prepared.id,
    args: [...step.args],
    env: [...step.env, ...proxies, ...mounts.env],
    cwd: step.cwd,
    user: step.user,
    hostConfig: hostConfigOf(work),
    files: etcFiles(context, texts, { place, shared: step.security !== 'insecure' }),
    mounts: mounts.mounts,
    readInRoot: remembering((path) => readFileIn(rootFd, path)),
  });
}

/** The same file is read once. */
function remembering<T>(read: (path: string) => T): (path: string) => T {
  const known = new Map<string, T>();
  return (path) => {
    if (!known.has(path)) known.set(path, read(path));
    return known.get(path) as T;
  };
}

/** As BuildKit writes it: the machine itself, then what `--add-host` adds. */
function hostsOf(text: string, extraHosts: string[]): string {
  const names = new Set(extraHosts.map((entry) => entry.split(/[:=]/)[0] ?? ''));
  const added = text.split('\n').filter((line) => names.has(line.split(/\s+/)[1] ?? ''));
  const own = ['127.0.0.1\tlocalhost buildkitsandbox', '::1\tlocalhost ip6-localhost ip6-loopback'];
  return [...own, ...added, ''].join('\n');
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
