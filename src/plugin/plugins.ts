import { EngineError, type Log, messageOf } from '../kit/index.ts';
import { callPlugin } from './call.ts';
import type { CallOptions, Plugin, Plugins } from './contract.ts';
import { type Address, addressOf, dockerPlaces, namesIn, type Places } from './discover.ts';

interface Active {
  plugin: Plugin;
  /** What it said that it implements. */
  subsystems: string[];
  url: string;
}

/** Plugins with sockets in `sockets` or where Docker looks (`places` for tests). Nothing is held open. */
export function createPlugins(options: { sockets?: string[]; places?: Places; log: Log }): Plugins {
  const { log, sockets = [], places: given = dockerPlaces } = options;
  const places: Places = { ...given, sockets: [...sockets, ...given.sockets] };
  const active = new Map<string, Active>();

  async function activate(name: string, address: Address, call: CallOptions): Promise<Active> {
    const known = active.get(name);
    if (known?.url === address.url) return known;
    const { Implements: said } = await callPlugin(address, 'Plugin.Activate', undefined, call);
    const subsystems = Array.isArray(said) ? said.filter((word) => typeof word === 'string') : [];
    const plugin: Plugin = { name, call: (method, body, more) => callPlugin(address, method, body, more) };
    const found = { plugin, subsystems, url: address.url };
    active.set(name, found);
    return found;
  }

  return {
    async find(name, subsystem) {
      const missing = new EngineError('notFound', `plugin ${JSON.stringify(name)} not found`);
      const address = addressOf(name, places);
      if (!address) throw missing;
      const { plugin, subsystems } = await activate(name, address, {});
      if (!subsystems.includes(subsystem)) {
        throw new EngineError('notFound', `plugin ${JSON.stringify(name)} does not implement ${subsystem}`, missing);
      }
      return plugin;
    },
    async all(subsystem) {
      const found = await Promise.all(
        namesIn(places).map(async (name) => {
          try {
            const address = addressOf(name, places);
            const one = address && (await activate(name, address, { once: true }));
            return one?.subsystems.includes(subsystem) ? [one.plugin] : [];
          } catch (error) {
            log.warn('a plugin cannot be activated', { plugin: name, error: messageOf(error) });
            return [];
          }
        }),
      );
      return found.flat();
    },
    met: (subsystem) =>
      [...active.values()]
        .filter(({ subsystems }) => subsystems.includes(subsystem))
        .map(({ plugin }) => plugin.name)
        .toSorted(),
  };
}
