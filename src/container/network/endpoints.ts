import type { ContainerCreateRequest, EndpointSettings } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import type { ContainerRow } from '../row.ts';

/** The networks a container is to be on, that of its mode among them, and the MAC addresses it asked for there. */
export function plannedNetworks(
  context: Context,
  networking: ContainerCreateRequest['NetworkingConfig'],
  mode: string,
): { networks: ContainerRow['networks']; macs: Record<string, string> } {
  if (mode.startsWith('container:')) return { networks: {}, macs: {} };
  const asked = { ...networking?.EndpointsConfig };
  const names = Object.keys(asked);
  const home = names.find((name) => isSame(context, name, mode));
  // Docker puts a container where its endpoints say, and on the network of its mode when they say nothing.
  const wanted = home !== undefined || names.length > 0 ? asked : { [mode]: {} };
  const planned = Object.entries(wanted).map(([name, settings]) => plan(context, name, settings ?? {}));
  return {
    networks: Object.fromEntries(planned.map(({ name, settings }) => [name, settings])),
    macs: Object.fromEntries(planned.flatMap(({ name, mac }) => (mac ? [[name, mac]] : []))),
  };
}

function isSame(context: Context, name: string, mode: string): boolean {
  return name === mode || nameOf(context, name) === nameOf(context, mode);
}

function nameOf(context: Context, reference: string): string {
  try {
    return context.networks.inspect(reference).Name ?? reference;
  } catch {
    return reference; // there is no such network yet
  }
}

interface Planned {
  name: string;
  settings: EndpointSettings;
  mac: string | undefined;
}

/** A network that is not there yet may come before the container is started. */
function plan(context: Context, name: string, settings: EndpointSettings): Planned {
  const mac = settings.MacAddress;
  try {
    const found = context.networks.plan(name, settings);
    return { name: found.name, settings: found.settings, mac };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.kind === 'notFound') return { name, settings: context.networks.unplanned(settings), mac };
    throw new EngineError(error.kind, `invalid config for network ${name}: ${error.message}`, error);
  }
}
