import { isDeepStrictEqual } from 'node:util';
import type { HostFacts } from '../container/index.ts';
import { EngineError, type Log, messageOf } from '../kit/index.ts';
import type { Runtime } from '../runtime/index.ts';
import type { System } from '../server/index.ts';
import type { Values } from './options/option.ts';
import { shownProxies } from './proxies.ts';
import { places } from './settings/config-file.ts';
import { type Settings, settle } from './settings/settings.ts';

/** What a reload changes, as it is now: who reads these sees the change. */
export interface Live {
  settings: Settings;
  runtime: Pick<Runtime, 'configure' | 'knows'>;
  runtimes: { initial: string };
  facts: Pick<HostFacts, 'defaults' | 'cgroupVersion'>;
  system: Pick<System, 'events' | 'engine'>;
}

/** Reads the configuration again, with the same command line. A file that is wrong changes nothing. */
export function reload(live: Live, given: Values, log: Log): void {
  const file = given.get('config-file') ?? places.join(' or ');
  log.info(`Got signal to reload configuration, reloading from: ${String(file)}`);
  try {
    const fresh = settle(given);
    apply(live, fresh);
    log.debug(`Reset Max Concurrent Downloads: ${fresh.registry.maxDownloads}`);
    log.debug(`Reset Max Concurrent Uploads: ${fresh.registry.maxUploads}`);
    warnOfRest(live.settings, fresh, log);
    const attributes = attributesOf(live);
    log.info('Reloaded configuration', { ...attributes, ...shownProxies(live.settings.proxies) });
    const { id, name } = live.system.engine;
    live.system.events.tell('daemon', 'reload', { ID: id, Attributes: { ...attributes, name } });
  } catch (error) {
    log.error(messageOf(error));
  }
}

// A plugin that is not there refuses everything: what was asked for is not left out.
const plain = [
  'authorizationPlugins',
  'debug',
  'logLevel',
  'labels',
  'features',
  'liveRestore',
  'shutdownTimeout',
  'registry',
] as const;

function apply({ settings, runtime, runtimes, facts }: Live, fresh: Settings): void {
  const before = settings.runtimes;
  runtime.configure(fresh.runtimes);
  if (!runtime.knows(fresh.defaultRuntime)) {
    runtime.configure(before);
    throw new EngineError('invalid', `specified default runtime '${fresh.defaultRuntime}' does not exist`);
  }
  settings.runtimes = fresh.runtimes;
  settings.defaultRuntime = fresh.defaultRuntime;
  runtimes.initial = fresh.defaultRuntime;
  for (const key of plain) Object.assign(settings, { [key]: fresh[key] });
  const { shmSize, ipcMode, cgroupnsMode } = fresh.containers;
  const { shmSize: _, ipcMode: __, cgroupnsMode: ___, ...kept } = settings.containers;
  settings.containers = {
    ...kept,
    ...(shmSize && { shmSize }),
    ...(ipcMode && { ipcMode }),
    ...(cgroupnsMode && { cgroupnsMode }),
  };
  facts.defaults = settings.containers;
}

/** Docker says nothing of settings that only a start takes up; who changed one would look for its effect in vain. */
function warnOfRest(settings: Settings, fresh: Settings, log: Log): void {
  const changed = (Object.keys(fresh) as (keyof Settings)[]).filter(
    (key) => !isDeepStrictEqual(settings[key], fresh[key]),
  );
  if (changed.length > 0)
    log.warn('these settings change when the engine starts anew', { settings: changed.join(', ') });
}

/** In the words and forms of Docker's event. */
function attributesOf({ settings, runtimes, facts }: Live): Record<string, string> {
  const { registry, containers } = settings;
  const features = Object.entries(settings.features).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const programs = Object.entries(settings.runtimes).map(([name, { path }]) => `${name}:${path}`);
  return {
    'allow-nondistributable-artifacts': '[]',
    debug: String(settings.debug),
    'default-cgroupns-mode': containers.cgroupnsMode ?? (facts.cgroupVersion === 2 ? 'private' : 'host'),
    'default-ipc-mode': containers.ipcMode ?? 'private',
    'default-runtime': runtimes.initial,
    'default-shm-size': String(containers.shmSize ?? 64 << 20),
    features: `map[${features.map(([name, on]) => `${name}:${on}`).join(' ')}]`,
    'insecure-registries': JSON.stringify(registry.insecure),
    labels: JSON.stringify(settings.labels),
    'live-restore': String(settings.liveRestore),
    'max-concurrent-downloads': String(registry.maxDownloads),
    'max-concurrent-uploads': String(registry.maxUploads),
    'max-download-attempts': String(registry.maxAttempts),
    registries: JSON.stringify(registry.prefixes),
    'registry-mirrors': JSON.stringify(registry.mirrors),
    runtimes: programs.join(' '),
    'shutdown-timeout': String(settings.shutdownTimeout),
  };
}
