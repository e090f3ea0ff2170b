import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import shimPath from '../dist/tug-shim' with { type: 'file' };
import type { PlainLine } from './api/index.ts';
import { createBuilds } from './build/index.ts';
import { type Containers, createClock, createContainers, createStepSpecs } from './container/index.ts';
import { createDoctor } from './daemon/doctor.ts';
import { factsFor } from './daemon/facts.ts';
import { listenAll } from './daemon/listen.ts';
import type { Values } from './daemon/options/option.ts';
import { refuseOrphans } from './daemon/orphans.ts';
import { writePidfile } from './daemon/pidfile.ts';
import { setProxies } from './daemon/proxies.ts';
import { type Live, reload } from './daemon/reload.ts';
import { restoreMain } from './daemon/restore/main.ts';
import { refuseHalfRestored } from './daemon/restore/place.ts';
import { createSeeing, tracedBuilds } from './daemon/seeing.ts';
import { parseFlags, usage } from './daemon/settings/flags.ts';
import { limitsOf, registryOf } from './daemon/settings/registry.ts';
import { type Settings, settle } from './daemon/settings/settings.ts';
import { shownSettings } from './daemon/settings/shown.ts';
import { readTls } from './daemon/settings/tls.ts';
import { readStarter, type Starter } from './daemon/systemd.ts';
import { tidyWhenIdle } from './daemon/tidy.ts';
import { createImages } from './image/index.ts';
import { createLog, EngineError, type Log, messageOf } from './kit/index.ts';
import { createLogs } from './logs/index.ts';
import { createNetworks } from './network/index.ts';
import { createPlugins, type Plugins } from './plugin/index.ts';
import { createRegistry } from './registry/index.ts';
import { createRuntime } from './runtime/index.ts';
import { createBackup, createFsck, createServer, createSystem } from './server/index.ts';
import { createSnapshots } from './snapshot/index.ts';
import { createStore } from './store/index.ts';
import { createVolumes } from './volume/index.ts';

declare const TUG_VERSION: string | undefined;
declare const TUG_COMMIT: string | undefined;

const build = {
  version: typeof TUG_VERSION === 'string' ? TUG_VERSION : '0.0.0-dev',
  ...(typeof TUG_COMMIT === 'string' && { commit: TUG_COMMIT }),
};

/** `tug daemon`: runs the engine until SIGTERM or SIGINT. Resolves to the exit code. */
export async function main(argv: string[]): Promise<number> {
  if (argv[0] === 'restore') return restoreMain(argv.slice(1));
  let settings: Settings;
  let given: Values;
  try {
    given = parseFlags(argv);
    if (given.get('help') === true) return say(usage());
    if (given.get('version') === true) return say(`Tug version ${build.version}, build ${build.commit ?? 'unknown'}\n`);
    settings = settle(given);
    if (settings.tls.enabled) readTls(settings.tls);
    if (given.get('validate') === true) return approve(settings);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
  return run(settings, given);
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

function approve({ idle }: Settings): number {
  process.stderr.write([...idle.map((words) => `warning: ${words}`), 'configuration OK', ''].join('\n'));
  return 0;
}

const now = (): Date => new Date();

const write = (line: string): void => void process.stderr.write(`${line}\n`);

async function run(settings: Settings, given: Values): Promise<number> {
  const log = createLog({ level: () => settings.logLevel, format: settings.logFormat, write });
  const starter = readStarter(process.env);
  setProxies(settings.proxies, process.env, log);
  for (const words of settings.idle) log.warn(words);
  const stopped = stopSignal();
  try {
    const { live, containers, close } = await startEngine(settings, starter, log);
    const endTidying = tidyWhenIdle();
    process.on('SIGHUP', () => {
      starter.notify('RELOADING=1', log);
      reload(live, given, log);
      starter.notify('READY=1', log);
    });
    log.info('Daemon has completed initialization', { ms: Math.round(performance.now()) });
    starter.notify('READY=1', log);
    log.info(`Processing signal '${await stopped}'`);
    starter.notify('STOPPING=1', log);
    endTidying();
    if (!settings.liveRestore) await containers.shutdown(settings.shutdownTimeout);
    await close();
    return 0;
  } catch (error) {
    write(`failed to start daemon: ${messageOf(error)}`);
    return 1;
  }
}

function stopSignal(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  process.on('SIGTERM', () => resolve('terminated')).on('SIGINT', () => resolve('interrupt'));
  return promise;
}

interface Engine {
  live: Live;
  containers: Containers;
  close(): Promise<void>;
}

/** Makes the rooms from the ground up. What `opened` holds is closed in reverse, also when a later room fails. */
async function startEngine(settings: Settings, starter: Starter, log: Log): Promise<Engine> {
  const opened: (() => unknown)[] = [];
  const close = async () => {
    for (const closeRoom of opened.toReversed()) await closeRoom();
  };
  try {
    const { server, ...engine } = await openRooms(settings, log, opened);
    await listenAll(server, { settings, starter, secure: readTls(settings.tls), log });
    return { ...engine, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The rooms below containers and builds. */
async function openGround(settings: Settings, log: Log, opened: (() => unknown)[]) {
  const { dataRoot, execRoot } = settings;
  process.umask(0o022);
  makeDirectory(dataRoot, 0o710);
  makeDirectory(execRoot, 0o711);
  opened.push(await writePidfile(settings.pidfile));
  refuseHalfRestored(dataRoot);
  await refuseOrphans(settings);
  const store = createStore({ dir: dataRoot, log });
  opened.push(() => store.close());
  const { runtime, runtimes } = openRuntime(settings, log);
  opened.push(() => runtime.close());
  const { userNamespace, copyTree } = runtime;
  const snapshots = createSnapshots({ root: dataRoot, log, driver: settings.storageDriver, userNamespace });
  opened.push(() => snapshots.settled());
  const registry = createRegistry({ log, settings: () => registryOf(settings) });
  const images = createImages({ store, snapshots, registry, limits: () => limitsOf(settings), log });
  const plugins = createPlugins({ sockets: [join(execRoot, 'plugins')], log });
  await checkAuthorizers(settings.authorizationPlugins, plugins);
  const volumes = createVolumes({ root: join(dataRoot, 'volumes'), store, plugins, copyTree, log, clock: now });
  opened.push(() => volumes.settled());
  const networks = createNetworks({ store, log, options: { execRoot, ...settings.network } });
  opened.push(() => networks.close());
  return {
    ground: { store, snapshots, images, volumes, networks, runtime, dataRoot, log },
    registry,
    plugins,
    runtimes,
  };
}

async function openRooms(settings: Settings, log: Log, opened: (() => unknown)[]) {
  const { ground, registry, plugins, runtimes } = await openGround(settings, log, opened);
  const { store, snapshots, images, volumes, networks, runtime, dataRoot } = ground;
  const { cgroupParent } = settings;
  const seeing = createSeeing(settings, { version: build.version, environment: process.env, log });
  opened.push(() => seeing.close());
  await seeing.serve();
  const { tracer } = seeing;
  const clock = createClock();
  const facts = await factsFor(settings, { runtimes, driver: snapshots.driver }, log);
  const logs = createLogs({ store, dataRoot, log });
  const containers = createContainers({ ...ground, logs, tracer, clock, facts, cgroupParent });
  opened.push(() => containers.close());
  const specs = createStepSpecs({ facts, cgroupParent, limits: settings.buildLimits });
  const builds = createBuilds({ ...ground, registry, specs, clock: now });
  opened.push(() => builds.close());
  await volumes.restore();
  builds.restore();
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
    tracer,
    settings: () => shownSettings(settings, facts),
    runtimes,
  });
  opened.push(() => system.close());
  const fsck = createFsck([store, snapshots, images, volumes, networks, containers].map(({ check }) => check));
  seeing.show({ containers, networks, system, dataRoot, storageDriver, build });
  const backup = createBackup({ store, dataRoot, storageDriver, version: build.version, containers, log });
  const backends = {
    backup,
    containers,
    builds: tracedBuilds(builds, tracer),
    images,
    volumes,
    networks,
    registry,
    system,
    fsck,
    doctor: createDoctor(containers, { dataRoot, execRoot: settings.execRoot, cgroupParent }),
    readPlainLine,
  };
  const names = () => settings.authorizationPlugins;
  const authorizers = { names, plugins, log };
  const server = createServer({ backends, log, tracer, authorizers, trouble: store.lost });
  opened.push(() => server.close());
  return { server, containers, live: { settings, runtime, runtimes, facts, system } };
}

/** The command line's own reading of its words, loaded when the first come. */
async function readPlainLine(words: string[]): Promise<PlainLine | undefined> {
  const cli = await import('./cli/index.ts');
  return cli.readPlainLine(words);
}

/** An engine that cannot ask whom it should ask does not start. */
async function checkAuthorizers(names: string[], plugins: Plugins): Promise<void> {
  for (const name of names) {
    await plugins.find(name, 'authz').catch((error: unknown) => {
      throw new EngineError('invalid', `error validating authorization plugin: ${messageOf(error)}`, error);
    });
  }
}

/** The runtimes, and what the other rooms know of them. */
function openRuntime(settings: Settings, log: Log) {
  const { execRoot, runtimes: configured, defaultRuntime: initial, cgroupDriver } = settings;
  const shim = { bytes: readFileSync(shimPath) };
  const runtime = createRuntime({
    execRoot,
    shim,
    log,
    runtimes: configured,
    ...(cgroupDriver && { cgroupDriver }),
  });
  const { knows, names } = runtime;
  if (!knows(initial)) throw new EngineError('invalid', `specified default runtime '${initial}' does not exist`);
  return { runtime, runtimes: { initial, knows, names } };
}

/** Also one that is there gets the mode: the trees below hold setuid programs of images. */
function makeDirectory(path: string, mode: number): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
}
