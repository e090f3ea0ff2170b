import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import {
  closeFd,
  createMountPlaces,
  O_PATH,
  openDirectory,
  openDirectoryAt,
  openIn,
  SystemError,
  usingFd,
} from '../../host/index.ts';
import { crashpoint, EngineError } from '../../kit/index.ts';
import type { SpecMount } from '../../oci/index.ts';
import type { Context } from '../context.ts';
import { copyTo } from '../copy/copier.ts';
import { notFound, placeIn } from '../copy/copy-step.ts';
import { byteString, bytesOf, realPath, statusAt } from '../copy/paths.ts';
import type { BindMount, CacheMount, Mount, RunStep, SecretMount, SshMount, TmpfsMount } from '../language/index.ts';
import type { StepPlace } from './place.ts';

/** What the mounts of a RUN take from the build. */
export interface MountInputs {
  /** A tree of a mount's `from`, as an open directory; closed by `release`. */
  tree(mount: BindMount | CacheMount): Promise<{ root: number; layers?: string[] } | undefined>;
  secret(id: string): Promise<Uint8Array | undefined>;
  ssh: ReadonlyMap<string, string>;
  /** The directory of a cache mount, for the time of the step. */
  cache(mount: CacheMount): Promise<{ path: string; release: () => void }>;
}

export interface StepMounts {
  mounts: SpecMount[];
  env: string[];
  /** Nothing needs the paths any more once the process is there. */
  started(): void;
  /** The process has ended. */
  release(): void;
}

/** Makes ready what a RUN mounts; `place` is the step's own, removed with it. */
export async function stepMounts(
  context: Context,
  step: RunStep,
  { place, inputs }: { place: StepPlace; inputs: MountInputs },
): Promise<StepMounts> {
  const places = createMountPlaces(join(context.directory, 'mounts'), place.id);
  const releases: (() => void)[] = [];
  const made: { mounts: SpecMount[]; env: string[] } = { mounts: [], env: [] };
  const result = {
    ...made,
    started: () => places.release(),
    release: () => {
      places.release();
      for (const release of releases.splice(0)) release();
    },
  };
  try {
    for (const [index, mount] of step.mounts.entries()) {
      await addMount({ context, step, place, inputs, places, releases, made, index }, mount);
    }
    if (step.script) addScript(place.directory(), step.script, made);
    return result;
  } catch (error) {
    result.release();
    throw error;
  }
}

interface Making {
  context: Context;
  step: RunStep;
  place: StepPlace;
  inputs: MountInputs;
  places: ReturnType<typeof createMountPlaces>;
  releases: (() => void)[];
  made: { mounts: SpecMount[]; env: string[] };
  index: number;
}

async function addMount(making: Making, mount: Mount): Promise<void> {
  if (mount.type === 'tmpfs') return void making.made.mounts.push(tmpfs(making.step, mount));
  if (mount.type === 'secret') return addSecret(making, mount);
  if (mount.type === 'ssh') return addSsh(making, mount);
  const destination = absolute(making.step, mount.target);
  if (mount.type === 'cache') {
    const { path, release } = await making.inputs.cache(mount);
    making.releases.push(release);
    making.made.mounts.push(bind(destination, path, mount.readonly));
    return;
  }
  await addBind(making, mount, destination);
}

const absolute = ({ cwd }: RunStep, target: string): string => posix.resolve('/', cwd, target);

function bind(destination: string, source: string, readonly: boolean): SpecMount {
  return { destination, type: 'bind', source, options: ['rbind', readonly ? 'ro' : 'rw', 'rprivate'] };
}

function tmpfs(step: RunStep, { target, size }: TmpfsMount): SpecMount {
  const options = ['nosuid', ...(size > 0 ? [`size=${size}`] : [])];
  return { destination: absolute(step, target), type: 'tmpfs', source: 'tmpfs', options };
}

/** Part of a tree. One that may be written gets a layer of its own on top, which is thrown away. */
async function addBind(making: Making, mount: BindMount, destination: string): Promise<void> {
  const tree = await making.inputs.tree(mount);
  const path = byteString(mount.source);
  let root = tree?.root;
  if (tree === undefined || root === undefined)
    return void making.made.mounts.push(bind(destination, emptyDirectory(making), mount.readonly));
  if (!mount.readonly && tree.layers) root = await writable(making, tree.layers);
  const real = realPath(root, path);
  if (!statusAt(root, real)) throw notFound(mount.source);
  if (!mount.readonly && !tree.layers) {
    making.made.mounts.push(bind(destination, await ownCopy(making, { root, path: real }), false));
    return;
  }
  const source = usingFd(openIn(root, bytesOf(real), O_PATH, { noSymlinks: true }), (fd) => bound(making, root, fd));
  crashpoint('build.mounted');
  making.made.mounts.push(bind(destination, source, mount.readonly));
}

/** The place of a part of a tree. Before Linux 6.15 nothing can be bound of a mount that is nowhere: then the tree gets a place first. */
function bound({ places }: Making, root: number, part: number): string {
  try {
    return places.bind(part);
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'EINVAL') throw error;
    places.attach(openDirectoryAt(root, '.'));
    return places.bind(part);
  }
}

/** Files of the context that a step may write: a copy, which goes with the step. */
async function ownCopy({ place, index }: Making, { root, path }: { root: number; path: string }): Promise<string> {
  const directory = place.directory();
  const from = placeIn(root, path);
  const to = usingFd(openDirectory(directory), (fd) => openDirectoryAt(fd, '.'));
  const name = `copy-${index}`;
  try {
    const { signal } = new AbortController();
    await copyTo(from, { directory: to, name: Buffer.from(name) }, { signal });
    return join(directory, name);
  } finally {
    closeFd(to);
    from.close();
  }
}

function emptyDirectory({ place, index }: Making): string {
  const path = join(place.directory(), `empty-${index}`);
  mkdirSync(path);
  return path;
}

async function writable({ context, releases, index, place }: Making, layers: string[]): Promise<number> {
  const id = `${place.id}-${index}`;
  await context.snapshots.create(id, layers, { places: 'none' });
  const root = context.snapshots.mount(id, { volatile: true });
  releases.push(() => {
    closeFd(root);
    void context.snapshots.remove(id);
  });
  return root;
}

async function addSecret({ inputs, made, place, index, step }: Making, mount: SecretMount): Promise<void> {
  const value = await inputs.secret(mount.id);
  if (value === undefined) {
    if (!mount.required) return;
    throw new EngineError('notFound', `secret ${mount.id}: not found`);
  }
  if (mount.env !== undefined) made.env.push(`${mount.env}=${Buffer.from(value).toString()}`);
  if (mount.target === undefined) return;
  const path = join(place.directory(), `secret-${index}`);
  writeFileSync(path, value, { mode: mount.mode });
  chownSync(path, mount.uid, mount.gid);
  made.mounts.push(secretBind(absolute(step, mount.target), path));
}

const secretBind = (destination: string, source: string): SpecMount => ({
  destination,
  type: 'bind',
  source,
  options: ['bind', 'ro', 'nosuid', 'nodev', 'noexec', 'rprivate'],
});

function addSsh({ inputs, made, step, index }: Making, mount: SshMount): void {
  const socket = inputs.ssh.get(mount.id);
  if (socket === undefined && mount.required) {
    throw new EngineError('notFound', `unset ssh forward key ${mount.id}`);
  }
  const before = step.mounts.slice(0, index).filter(({ type }) => type === 'ssh').length;
  const destination = mount.target === undefined ? `/run/buildkit/ssh_agent.${before}` : absolute(step, mount.target);
  // Also where there is none, as in BuildKit.
  if (before === 0) made.env.push(`SSH_AUTH_SOCK=${destination}`);
  if (socket === undefined) return;
  chownSync(socket, mount.uid, mount.gid);
  chmodSync(socket, mount.mode);
  made.mounts.push({ destination, type: 'bind', source: socket, options: ['bind', 'rprivate'] });
}

/** A heredoc that names its own interpreter. */
function addScript(directory: string, script: NonNullable<RunStep['script']>, made: Making['made']): void {
  const pipes = join(directory, 'pipes');
  mkdirSync(pipes);
  writeFileSync(join(pipes, script.name), script.data, { mode: 0o755 });
  made.mounts.push(bind('/dev/pipes', pipes, true));
}
