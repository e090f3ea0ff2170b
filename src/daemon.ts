import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import shimPath from '../dist/tug-shim' with { type: 'file' };
import { createClock, createContainers, readHostFacts } from './container/index.ts';
import { parseFlags, type Settings, usage } from './daemon/flags.ts';
import { placeInit } from './daemon/init-program.ts';
import { listenAll } from './daemon/listen.ts';
import { writePidfile } from './daemon/pidfile.ts';
import { settle } from './daemon/settings.ts';
import { tidyWhenIdle } from './daemon/tidy.ts';
import { readTls } from './daemon/tls.ts';
import { createImages } from './image/index.ts';
import { createLog, EngineError, type Log, messageOf } from './kit/index.ts';
import { createLogReader } from './logs/index.ts';
import { createNetworks } from './network/index.ts';
import { createRegistry } from './registry/index.ts';
import { createRuntime } from './runtime/index.ts';
import { createFsck, createServer, createSystem } from './server/index.ts';
import { createSnapshots } from './snapshot/index.ts';
import { createStore } from './store/index.ts';
import { createVolumes } from './volume/index.ts';

declare const TUG_VERSION: string | undefined;
declare const TUG_COMMIT: string | undefined;

const build = {
  version: typeof TUG_VERSION === 'string' ? TUG_VERSION : '0.0.0-dev',
  ...(typeof TUG_COMMIT === 'string' && { commit: TUG_COMMIT }),
};

/** `tug daemon`: runs the engine until SIGTERM or SIGINT; the containers go on living. Resolves to the exit code. */
export async function main(argv: string[]): Promise<number> {
  let settings: Settings;
  try {
    const given = parseFlags(argv);
    if (given.has('help')) return say(usage());
    if (given.has('version')) return say(`Tug version ${build.version}, build ${build.commit ?? 'unknown'}\n`);
    settings = settle(given);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\nSee 'tug daemon --help'.\n`);
    return 1;
  }
  const log = createLog({ level: settings.logLevel, write: (line) => process.stderr.write(`${line}\n`) });
  const stopped = stopSignal();
  try {
    const close = await startEngine(settings, log);
    const endTidying = tidyWhenIdle();
    log.info('Daemon has completed initialization', { ms: Math.round(performance.now()) });
    log.info(`Processing signal '${await stopped}'`);
    endTidying();
    await close();
    return 0;
  } catch (error) {
    process.stderr.write(`failed to start daemon: ${messageOf(error)}\n`);
    return 1;
  }
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

function stopSignal(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  process.on('SIGTERM', () => resolve('terminated')).on('SIGINT', () => resolve('interrupt'));
  return promise;
}

/** Makes the rooms from the ground up. What `opened` holds is closed in reverse, also when a later room fails. */
async function startEngine(settings: Settings, log: Log): Promise<() => Promise<void>> {
  const opened: (() => unknown)[] = [];
  const close = async () => {
    for (const closeRoom of opened.toReversed()) await closeRoom();
  };
  try {
    await openRooms(settings, log, opened);
    return close;
  } catch (error) {
    await close();
    throw error;
  }
}

async function openRooms(settings: Settings, log: Log, opened: (() => unknown)[]): Promise<void> {
  const { dataRoot, execRoot, bridge, bip } = settings;
  const secure = readTls(settings.tls);
  process.umask(0o022);
  makeDirectory(dataRoot, 0o710);
  makeDirectory(execRoot, 0o711);
  opened.push(writePidfile(settings.pidfile));
  const store = createStore({ dir: dataRoot, log });
  opened.push(() => store.close());
  const snapshots = createSnapshots({ root: dataRoot, log });
  opened.push(() => snapshots.settled());
  const clock = createClock();
  const images = createImages({ store, snapshots, log });
  const volumes = createVolumes({ root: join(dataRoot, 'volumes'), store, log, clock: () => new Date() });
  const networking = { execRoot, ...settings.network, ...(bridge && { bridge }), ...(bip && { bip }) };
  const networks = createNetworks({ store, log, options: networking });
  opened.push(() => networks.close());
  const { runtime, runtimes } = openRuntime(settings, log);
  opened.push(() => runtime.close());
  const logs = createLogReader();
  const containers = createContainers({
    store,
    images,
    snapshots,
    volumes,
    networks,
    runtime,
    logs,
    dataRoot,
    log,
    clock,
    facts: readHostFacts(runtimes, placeInit(dataRoot, readFileSync(shimPath))),
    cgroupParent: '/tug',
  });
  opened.push(() => containers.close());
  await volumes.restore();
  await images.collect();
  await containers.restore();
  const storageDriver = snapshots.driver;
  const system = await createSystem({
    containers,
    images,
    volumes,
    networks,
    dataRoot,
    clock,
    storageDriver,
    build,
    log,
    debug: settings.debug,
    runtimes,
  });
  opened.push(() => system.close());
  const fsck = createFsck([store, snapshots, images, volumes, networks, containers].map(({ check }) => check));
  const backends = { containers, images, volumes, networks, registry: createRegistry({ log }), system, fsck };
  const server = createServer({ backends, log });
  opened.push(() => server.close());
  await listenAll(server, { settings, secure, log });
}

/** The runtimes, and what the other rooms know of them. */
function openRuntime({ execRoot, runtimes: configured, defaultRuntime: initial }: Settings, log: Log) {
  const shim = { bytes: readFileSync(shimPath) };
  const runtime = createRuntime({ execRoot, shim, log, runtimes: configured });
  const { knows, names } = runtime;
  if (!knows(initial)) throw new EngineError('invalid', `specified default runtime '${initial}' does not exist`);
  return { runtime, runtimes: { initial, knows, names } };
}

/** Also one that is there gets the mode: the trees below hold setuid programs of images. */
function makeDirectory(path: string, mode: number): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
}
