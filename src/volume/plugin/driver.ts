import { EngineError, type Log, messageOf } from '../../kit/index.ts';
import type { Plugin, Plugins } from '../../plugin/index.ts';

/** A volume as a plugin tells of it. */
export interface PluginVolume {
  name: string;
  /** Empty while it is nowhere. */
  mountpoint: string;
  createdAt?: string;
  status?: Record<string, unknown>;
}

/** The volumes of one plugin. What it refuses is thrown in its own words. */
export interface PluginDriver {
  readonly name: string;
  /** Undefined where it has none of that name. */
  get(volume: string): Promise<PluginVolume | undefined>;
  list(): Promise<PluginVolume[]>;
  create(volume: string, options: Record<string, string> | null): Promise<void>;
  remove(volume: string): Promise<void>;
  /** Makes it visible at a path of this machine for `user`, until `unmount` with the same. */
  mount(volume: string, user: string): Promise<string>;
  unmount(volume: string, user: string): Promise<void>;
  /** `global` where every machine sees the same volumes. */
  scope(): Promise<'local' | 'global'>;
}

/** What the plugins of this machine offer as volume drivers. */
export interface PluginDrivers {
  /** `notFound` in Docker's words where there is no such plugin. */
  find(name: string): Promise<PluginDriver>;
  all(): Promise<PluginDriver[]>;
  /** Those that were met so far. */
  names(): string[];
}

const subsystem = 'VolumeDriver';
/** What may take a storage system its time. */
const long = { timeout: 120_000 };

export function createPluginDrivers(plugins: Plugins, log: Log): PluginDrivers {
  const drivers = new Map<string, PluginDriver>();
  const driverOf = (plugin: Plugin): PluginDriver => {
    const known = drivers.get(plugin.name);
    if (known) return known;
    const driver = createDriver(plugin, log);
    drivers.set(plugin.name, driver);
    return driver;
  };
  return {
    async find(name) {
      try {
        return driverOf(await plugins.find(name, subsystem));
      } catch (error) {
        const kind = error instanceof EngineError ? error.kind : 'internal';
        throw new EngineError(kind, `error looking up volume plugin ${name}: ${messageOf(error)}`, error);
      }
    },
    all: async () => (await plugins.all(subsystem)).map(driverOf),
    names: () => plugins.met(subsystem),
  };
}

function createDriver(plugin: Plugin, log: Log): PluginDriver {
  let scope: Promise<'local' | 'global'> | undefined;
  const ask = (method: string, body: object, options?: { timeout: number }) =>
    plugin.call(`${subsystem}.${method}`, body, options);

  async function askScope(): Promise<'local' | 'global'> {
    try {
      const { Capabilities } = await ask('Capabilities', {});
      return (Capabilities as { Scope?: string } | undefined)?.Scope?.toLowerCase() === 'global' ? 'global' : 'local';
    } catch (error) {
      // Plugins older than this question.
      log.debug('a volume plugin tells no capabilities', { plugin: plugin.name, error: messageOf(error) });
      return 'local';
    }
  }

  return {
    name: plugin.name,
    async get(Name) {
      try {
        return volumeOf((await ask('Get', { Name })).Volume);
      } catch (error) {
        log.debug('a plugin has no such volume', { plugin: plugin.name, volume: Name, error: messageOf(error) });
        return undefined;
      }
    },
    async list() {
      const { Volumes } = await ask('List', {});
      return (Array.isArray(Volumes) ? Volumes : []).flatMap((told) => volumeOf(told) ?? []);
    },
    create: async (Name, Opts) => void (await ask('Create', { Name, Opts }, long)),
    remove: async (Name) => void (await ask('Remove', { Name }, long)),
    async mount(Name, ID) {
      const { Mountpoint } = await ask('Mount', { Name, ID }, long);
      if (typeof Mountpoint !== 'string' || !Mountpoint.startsWith('/')) {
        throw new EngineError(
          'internal',
          `the plugin ${plugin.name} mounted ${Name} at no path: ${String(Mountpoint)}`,
        );
      }
      return Mountpoint;
    },
    unmount: async (Name, ID) => void (await ask('Unmount', { Name, ID })),
    scope: () => (scope ??= askScope()),
  };
}

function volumeOf(told: unknown): PluginVolume | undefined {
  const { Name, Mountpoint, CreatedAt, Status } = (told ?? {}) as Record<string, unknown>;
  if (typeof Name !== 'string' || Name === '') return undefined;
  return {
    name: Name,
    mountpoint: typeof Mountpoint === 'string' ? Mountpoint : '',
    ...(typeof CreatedAt === 'string' && CreatedAt !== '' && { createdAt: CreatedAt }),
    ...(typeof Status === 'object' && Status !== null && { status: Status as Record<string, unknown> }),
  };
}
