import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDirectory } from '../../host/index.ts';
import type { Image, Images } from '../../image/index.ts';
import { EngineError, newId, silent, untraced } from '../../kit/index.ts';
import { createLogs } from '../../logs/index.ts';
import type { NetworkAttachment, Networks } from '../../network/index.ts';
import { formatPlatform, platformMatches, type SpecResources } from '../../oci/index.ts';
import type { ExecLaunch, Exit, Launch, Pending, Process, Runtime, Usage } from '../../runtime/index.ts';
import type { Snapshots } from '../../snapshot/index.ts';
import { createMemoryStore, type Store } from '../../store/index.ts';
import type { Volumes } from '../../volume/index.ts';
import { createClock } from '../clock.ts';
import type { ContainerDependencies } from '../context.ts';
import { readHostFacts } from '../spec/index.ts';

/** A process that ends when it is told to. */
export interface FakeProcess extends Process {
  end(exit: Partial<Exit>): void;
  /** Ends by itself on this signal or SIGKILL, if not ignored. */
  signals: number[];
  released: boolean;
  /** Runs out of memory. */
  runOut(): void;
  frozen: boolean;
  /** What its limits were changed to, one after another. */
  limits: SpecResources[];
  usage: Usage;
  /** The process's side of each attachment. */
  attached: Socket[];
}

/** What the fakes saw, in order, and what they are to do. */
export interface Neighbours extends ContainerDependencies {
  calls: string[];
  processes: Map<string, FakeProcess>;
  /** Makes the next start fail, at its launch or when it is let go. */
  fail: { update?: EngineError; launch?: EngineError; go?: EngineError; attach?: EngineError };
  /** Signals that processes do not end on. */
  ignored: Set<number>;
  recoverable: Map<string, Process | Exit>;
  remove(): void;
}

/** Every neighbour of the room but the store and the log reader, which are real. */
export function createNeighbours(store: Store = createMemoryStore()): Neighbours {
  const dataRoot = mkdtempSync(join(tmpdir(), 'tug-container-'));
  const calls: string[] = [];
  const neighbours: Neighbours = {
    store,
    calls,
    processes: new Map(),
    fail: {},
    ignored: new Set(),
    recoverable: new Map(),
    images: fakeImages(),
    snapshots: fakeSnapshots(calls),
    volumes: fakeVolumes(calls, dataRoot),
    networks: fakeNetworks(calls, () => neighbours.fail),
    runtime: fakeRuntime(() => neighbours),
    logs: createLogs({ store, dataRoot, log: silent }),
    dataRoot,
    log: silent,
    tracer: untraced,
    clock: createClock(),
    facts: readHostFacts(),
    cgroupParent: '/tug',
    remove() {
      store.close();
      rmSync(dataRoot, { recursive: true });
    },
  };
  return neighbours;
}

const image: Image = {
  id: `sha256:${'1'.repeat(64)}`,
  layers: [`sha256:${'2'.repeat(64)}`],
  config: {
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['sh'], Volumes: { '/anonymous': {} } },
    rootfs: { type: 'layers', diff_ids: [] },
  },
};

function fakeImages(): Images {
  const images: Partial<Images> = {
    resolve(reference, platform) {
      if (reference !== 'busybox') throw new EngineError('notFound', `No such image: ${reference}:latest`);
      if (platform && !platformMatches(image.config, platform)) {
        const [has, asked] = [formatPlatform(image.config), formatPlatform(platform)];
        const text = `image with reference ${reference} was found but its platform (${has})`;
        throw new EngineError('notFound', `${text} does not match the specified platform (${asked})`);
      }
      return image;
    },
    platforms: (reference) => [images.resolve?.(reference).id ?? ''],
    descendants: () => [],
  };
  return images as Images;
}

function fakeSnapshots(calls: string[]): Snapshots {
  const snapshots: Partial<Snapshots> = {
    driver: 'overlay2',
    create: async () => void calls.push('snapshots.create'),
    mount: () => {
      calls.push('snapshots.mount');
      return openSync('/', 'r');
    },
    describe: () => ({}),
    size: async () => 3,
    layerSize: () => 4,
    remove: async () => void calls.push('snapshots.remove'),
    sweep: async () => undefined,
    frozen: {
      freeze: async (_id, name) => calls.push(`frozen.freeze ${name}`),
      rollBack: async (_id, name) => void calls.push(`frozen.rollBack ${name}`),
      drop: (_id, name) => void calls.push(`frozen.drop ${name}`),
      names: () => [],
    },
  };
  return snapshots as Snapshots;
}

function fakeVolumes(calls: string[], dataRoot: string): Volumes {
  const volumes: Partial<Volumes> = {
    create: async ({ name = `anonymous${newId()}` }) => {
      calls.push('volumes.create');
      return { Name: name, Driver: 'local', Mountpoint: join(dataRoot, name), Labels: {}, Options: {}, Scope: 'local' };
    },
    path: (name) => join(dataRoot, name),
    isAnonymous: (name) => name.startsWith('anonymous'),
    fill: async () => undefined,
    knows: () => true,
    mount: async (name) => join(dataRoot, name),
    resume: async () => undefined,
    release: async () => undefined,
    releaseUnused: async () => undefined,
    remove: async () => void calls.push('volumes.remove'),
  };
  return volumes as Volumes;
}

function fakeNetworks(calls: string[], fail: () => Neighbours['fail']): Networks {
  const networks: Partial<Networks> = {
    validate: () => undefined,
    attach: async ({ mode }) => {
      calls.push('networks.attach');
      const { attach } = fail();
      if (attach) throw attach;
      const attachment: NetworkAttachment = {
        hosts: '127.0.0.1\tlocalhost\n',
        resolvConf: '',
        networks: { [mode]: { NetworkID: 'n1', IPAddress: '172.17.0.2' } },
        ports: { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }] },
        reserved: [],
        record: () => calls.push('networks.record'),
        publish: async () => void calls.push('networks.publish'),
      };
      return attachment;
    },
    plan: (name, settings) => ({ id: 'n1', name, driver: 'bridge', settings }),
    unplanned: (settings) => settings,
    inspect: (Name) => ({ Name, Id: 'n1', Driver: 'bridge' }) as ReturnType<Networks['inspect']>,
    mend: async () => undefined,
    rename: () => ({ record: () => undefined, apply: () => undefined }),
    release: async () => void calls.push('networks.release'),
    forget: () => calls.push('networks.forget'),
    restore: async () => void calls.push('networks.restore'),
  };
  return networks as Networks;
}

function fakeRuntime(neighbours: () => Neighbours): Runtime {
  const begin = async (launch: Launch | ExecLaunch): Promise<Pending> => {
    const { calls, fail, processes } = neighbours();
    calls.push('runtime.launch');
    if ('rootFd' in launch) closeSync(launch.rootFd);
    if (fail.launch) throw fail.launch;
    const process = fakeProcess(launch.id, launch.token, neighbours);
    return {
      process,
      go: async () => {
        calls.push('runtime.go');
        if (fail.go) throw fail.go;
        processes.set(launch.id, process);
      },
      abort: async () => void calls.push('runtime.abort'),
    };
  };
  return {
    names: () => ({ native: undefined }),
    userNamespace: () => -1,
    copyTree: async () => 0,
    knows: (name) => name === 'native',
    configure: () => undefined,
    shmAt: '/shm-of-this-start',
    launch: begin,
    open: async () => undefined,
    exec: begin,
    checkpoint: async () => void neighbours().calls.push('runtime.checkpoint'),
    recover: async (id) => neighbours().recoverable.get(id),
    sweep: async () => [],
    close: async () => undefined,
  };
}

const someUsage: Usage = {
  version: 1,
  cpu: { total: 5, user: 3, kernel: 2, perCpu: [4, 1], throttling: { periods: 0, throttled: 0, time: 0 } },
  memory: { usage: 4096, most: 8192, limit: 1 << 20, failures: 0, details: { rss: 1024, odd: 3 } },
  pids: { current: 1, limit: 50 },
  block: { bytes: [], operations: [] },
};

export function fakeProcess(id: string, token: string, neighbours: () => Neighbours): FakeProcess {
  const { promise, resolve } = Promise.withResolvers<Exit>();
  const process: FakeProcess = {
    id,
    token,
    // A process that is there, for those who look into its root.
    pid: globalThis.process.pid,
    startedAt: new Date(),
    exited: promise,
    onOom: (listener) => {
      process.runOut = listener;
    },
    runOut: () => undefined,
    signals: [],
    released: false,
    attached: [],
    end: (exit) => resolve({ code: 0, oom: false, at: new Date(), ...exit }),
    attach: async (_streams, asked) => {
      const [mine, theirs] = await socketPair();
      process.attached.push(theirs);
      asked?.();
      return { socket: mine, log: { generation: 0, offset: 0 } };
    },
    resize: async () => undefined,
    signal: async (signal) => {
      process.signals.push(signal);
      if (signal === 9 || !neighbours().ignored.has(signal)) process.end({ code: 128 + signal });
    },
    hold: () => 0x1_0000,
    unhold: async () => undefined,
    retarget: async () => undefined,
    openNetwork: () => {
      throw new Error('no namespace');
    },
    openRoot: () => openDirectory('/'),
    pids: async () => [],
    control: {
      freeze: async () => {
        process.frozen = true;
      },
      thaw: () => {
        process.frozen = false;
      },
      frozen: () => process.frozen,
      update: (resources) => {
        const { update } = neighbours().fail;
        if (update) throw update;
        process.limits.push(resources);
      },
      usage: () => process.usage,
    },
    frozen: false,
    limits: [],
    usage: someUsage,
    release: async () => {
      process.released = true;
    },
  };
  return process;
}

/** Two connected unix sockets that can be half-closed. */
export async function socketPair(): Promise<[Socket, Socket]> {
  const { connect } = await import('node:net');
  const directory = mkdtempSync(join(tmpdir(), 'tug-pair-'));
  const path = join(directory, 's');
  const { promise, resolve } = Promise.withResolvers<Socket>();
  const server = createServer({ allowHalfOpen: true }, resolve);
  await new Promise<void>((listening) => server.listen(path, listening));
  const mine = connect({ path, allowHalfOpen: true });
  const theirs = await promise;
  server.close();
  rmSync(directory, { recursive: true });
  return [mine, theirs];
}
