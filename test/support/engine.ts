import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { detectCgroups, killCgroup, removeCgroup } from '../../src/host/index.ts';
import { messageOf } from '../../src/kit/index.ts';
import { type Result, type RunOptions, run, until } from './command.ts';
import { busyboxTar } from './image.ts';
import { leaked, type Traces, traces } from './leaks.ts';
import { chosenRuntime } from './runtime.ts';

const executable = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');

/** An engine of the test's own: its data, socket, bridge and subnet collide with no other. */
export interface Engine {
  readonly directory: string;
  readonly socket: string;
  readonly host: string;
  readonly bridge: string;
  /** Process id of the daemon now running. */
  pid(): number;
  /** Our command line against it. */
  tug(args: string[], options?: RunOptions): Promise<Result>;
  /** Docker's command line against it. */
  docker(args: string[], options?: RunOptions): Promise<Result>;
  /** A request on its socket; the body as text. */
  request(method: string, path: string, body?: unknown): Promise<{ status: number; text: string; json: () => unknown }>;
  /** Loads busybox as busybox:latest. */
  withBusybox(): Promise<void>;
  start(env?: Record<string, string>): Promise<void>;
  /** SIGKILL to the daemon alone; containers go on. */
  kill(): Promise<void>;
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>;
  /** Waits for the daemon to die by itself (a planted crash). */
  died(timeout?: number): Promise<void>;
  daemonLog(): string;
  /** Removes all containers, stops the engine, removes its files; returns what it left on the machine. */
  dispose(): Promise<string[]>;
}

let serial = 0;

/** Starts an engine in a new directory. `options.args` are further flags of the daemon. */
export async function startEngine(
  options: {
    args?: string[];
    env?: Record<string, string>;
    execRoot?: string;
    dataSize?: string;
    bip?: string;
    netns?: string;
    mountsOf?: number;
    hostFiles?: Record<string, string>;
    executable?: string;
  } = {},
): Promise<Engine> {
  const before = await traces();
  const directory = mkdtempSync(join(tmpdir(), 'tug-engine-'));
  const number = (process.pid * 7 + serial++ * 13) % 250;
  const bridge = `tugt${process.pid % 10_000}x${serial}`;
  const engine = createEngine({
    directory,
    bridge,
    subnet: options.bip ?? `10.${200 + (serial % 50)}.${number}.1/24`,
    before,
    ...options,
  });
  await engine.start();
  return engine;
}

interface Setup {
  directory: string;
  bridge: string;
  subnet: string;
  before: Traces;
  args?: string[];
  env?: Record<string, string>;
  execRoot?: string;
  /** The data root is a tmpfs of this size, in a mount namespace of the engine's own. */
  dataSize?: string;
  /** Files of the host, by their paths, that have other contents in the engine's own mount namespace. */
  hostFiles?: Record<string, string>;
  /** Another engine than the one built. */
  executable?: string;
  /** The network namespace, by its name, that is the engine's host. */
  netns?: string;
  /** A process whose mounts are the engine's, too. */
  mountsOf?: number;
}

function createEngine(setup: Setup): Engine {
  const { directory, bridge, subnet, before } = setup;
  const socket = join(directory, 'tug.sock');
  const host = `unix://${socket}`;
  let daemon: ChildProcess | undefined;
  const gone = () => daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null;
  const client = (program: string, args: string[], options: RunOptions = {}) =>
    run([program, ...args], {
      ...options,
      env: { DOCKER_HOST: host, DOCKER_CONFIG: join(directory, 'config'), ...options.env },
    });

  const engine: Engine = {
    directory,
    socket,
    host,
    bridge,
    pid: () => daemon?.pid ?? -1,
    tug: (args, options) => client(executable, args, options),
    docker: (args, options) => client('docker', args, options),
    async request(method, path, body) {
      const response = await fetch(`http://tug${path}`, {
        unix: socket,
        method,
        ...(body === undefined
          ? {}
          : {
              body: typeof body === 'string' ? body : JSON.stringify(body),
              headers: { 'Content-Type': 'application/json' },
            }),
      });
      const text = await response.text();
      return { status: response.status, text, json: () => JSON.parse(text) };
    },
    async withBusybox() {
      const tar = await busyboxTar();
      const result = await engine.tug(['import', '--change', 'CMD ["sh"]', tar, 'busybox:latest']);
      rmSync(tar);
      if (result.code !== 0) throw new Error(`import: ${result.stderr}`);
    },
    async start(env = {}) {
      const log = openSync(join(directory, 'daemon.log'), 'a');
      const own = setup.executable ?? executable;
      const [program = own, ...leading] = [...wrapper(setup), own];
      daemon = spawn(
        program,
        [
          ...leading,
          'daemon',
          `--data-root=${join(directory, 'data')}`,
          `--exec-root=${setup.execRoot ?? join(directory, 'exec')}`,
          `--pidfile=${join(directory, 'tug.pid')}`,
          `--host=${host}`,
          `--bridge=${bridge}`,
          `--bip=${subnet}`,
          ...(chosenRuntime ? [`--default-runtime=${chosenRuntime}`] : []),
          ...(setup.args ?? []),
        ],
        { stdio: ['ignore', log, log], detached: true, env: { ...process.env, ...setup.env, ...env } },
      );
      closeSync(log);
      const answers = until(`the engine answers on ${socket}`, async () => {
        if (gone()) throw new Error('the engine ended at once');
        return existsSync(socket) && (await ping(socket));
      });
      await answers.catch((cause: unknown) => {
        throw new Error(`${messageOf(cause)}\n${engine.daemonLog()}`, { cause });
      });
    },
    async kill() {
      daemon?.kill('SIGKILL');
      await until('the engine is gone', gone);
    },
    async stop() {
      daemon?.kill('SIGTERM');
      await until('the engine has stopped', gone, 20_000);
    },
    async died(timeout) {
      await until('the engine dies', gone, timeout);
    },
    daemonLog: () => readFileSync(join(directory, 'daemon.log'), 'utf8'),
    async dispose() {
      try {
        return await emptied();
      } finally {
        // An engine that failed its test may not come up or go down any more: it leaves nothing all the same.
        daemon?.kill('SIGKILL');
        await endContainers(directory);
        await removeBridge(bridge);
        removeCgroupParents();
        rmSync(directory, { recursive: true, force: true });
      }
    },
  };
  /** Removes all that is in it and stops it; what it leaves on the machine. */
  const emptied = async (): Promise<string[]> => {
    if (gone()) await engine.start();
    const all = (await engine.request('GET', '/containers/json?all=1')).json() as { Id: string }[];
    for (const { Id } of all) await engine.request('DELETE', `/containers/${Id}?force=1&v=1`);
    const networks = (await engine.request('GET', '/networks?filters={"type":["custom"]}')).json() as {
      Id: string;
    }[];
    for (const { Id } of networks) await engine.request('DELETE', `/networks/${Id}`);
    await engine.stop();
    const left = async () => leaked(before, await traces()).filter(notKept(bridge));
    // Namespaces and cgroups of the last container may take the kernel a moment.
    const patience = Date.now() + 6000;
    let traced = await left();
    while (traced.length > 0 && Date.now() < patience) {
      await Bun.sleep(50);
      traced = await left();
    }
    return traced;
  };
  return engine;
}

/** Ends what an engine left running whose exec root lies below that directory, with its cgroups. */
async function endContainers(directory: string): Promise<void> {
  const cgroups = detectCgroups();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const start = startOf(pid);
    if (!start?.startsWith(`${directory}/`)) continue;
    // A shim takes its process along.
    process.kill(Number(pid), 'SIGKILL');
    const cgroup = `/tug/${basename(start)}`;
    await until(`${cgroup} is gone`, () => {
      killCgroup(cgroups, cgroup);
      return removeCgroup(cgroups, cgroup);
    });
  }
}

/** The directory of a start, if that process is its shim: the fd has this number in native/shim.h. */
function startOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/6`);
  } catch {
    return undefined; // no process any more, or none with such a fd
  }
}

/** What the daemon is started through; it execs, so that the process stays the daemon's. */
function wrapper(setup: Setup): string[] {
  if (setup.mountsOf !== undefined) return ['nsenter', '-t', String(setup.mountsOf), '-m', `--wd=${process.cwd()}`];
  if (setup.netns !== undefined) return ['nsenter', `--net=/run/netns/${setup.netns}`];
  if (setup.hostFiles !== undefined) return withFiles(setup.directory, setup.hostFiles);
  if (setup.dataSize === undefined) return [];
  const data = join(setup.directory, 'data');
  mkdirSync(data, { recursive: true });
  const script = `mount -t tmpfs -o size=${setup.dataSize} tmpfs ${data} && exec "$@"`;
  return ['unshare', '-m', '--propagation', 'private', 'sh', '-c', script, 'sh'];
}

function withFiles(directory: string, files: Record<string, string>): string[] {
  const binds = Object.entries(files).map(([path, content], index) => {
    const own = join(directory, `host-file-${index}`);
    writeFileSync(own, content);
    return `mount --bind ${own} ${path}`;
  });
  return ['unshare', '-m', '--propagation', 'private', 'sh', '-c', `${binds.join(' && ')} && exec "$@"`, 'sh'];
}

/**
 * An engine that stops leaves its bridge and firewall to its containers; the test takes both away. So with the empty cgroup `tug`, parent
 * of the containers of every engine on the machine, which stays while another one uses it.
 */
function notKept(bridge: string): (trace: string) => boolean {
  return (trace) => trace !== `link ${bridge}` && !/^table \w+ tug/.test(trace) && !/^cgroup [^ ]+\/tug$/.test(trace);
}

function cgroupParents(): string[] {
  return detectCgroups()
    .hierarchies.map(({ mountPoint }) => join(mountPoint, 'tug'))
    .filter((path) => existsSync(path));
}

/** Those that this program's engines did not make. */
const givenParents = new Set(cgroupParents());

function removeCgroupParents(): void {
  for (const path of cgroupParents().filter((parent) => !givenParents.has(parent))) {
    try {
      rmdirSync(path);
    } catch (error) {
      // Another engine's containers are in it.
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    }
  }
}

async function removeBridge(bridge: string): Promise<void> {
  await run(['ip', 'link', 'delete', bridge]);
  const { stdout } = await run(['nft', 'list', 'tables']);
  for (const line of stdout.split('\n').filter((line) => line.includes(bridge))) {
    await run(['nft', 'delete', ...line.split(' ')]);
  }
}

async function ping(socket: string): Promise<boolean> {
  try {
    return (await fetch('http://tug/_ping', { unix: socket })).ok;
  } catch {
    return false; // not listening yet
  }
}

/** A TCP port that is free on this machine now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
