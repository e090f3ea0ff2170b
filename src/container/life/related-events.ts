import type { Context } from '../context.ts';
import type { ContainerRow } from '../row.ts';

/** Says which volumes and networks a container has now that it starts; before its own event, as Docker does. */
export function tellJoined(context: Context, row: ContainerRow): void {
  for (const mount of row.mounts) {
    if (mount.type !== 'volume') continue;
    context.events.relate('volume', 'mount', mount.name, {
      container: row.id,
      destination: mount.destination,
      driver: mount.driver ?? 'local',
      propagation: mount.propagation ?? '',
      'read/write': String(mount.rw),
    });
  }
  tellNetworks(context, row, 'connect');
}

/** And that it has them no longer. */
export function tellLeft(context: Context, row: ContainerRow): void {
  tellNetworks(context, row, 'disconnect');
  for (const { type, name, driver } of row.mounts) {
    if (type !== 'volume') continue;
    context.events.relate('volume', 'unmount', name, { container: row.id, driver: driver ?? 'local' });
  }
}

function tellNetworks(context: Context, row: ContainerRow, action: 'connect' | 'disconnect'): void {
  for (const [name, { NetworkID = '' }] of Object.entries(row.networks)) {
    const type = predefined[name] ?? driverOf(context, NetworkID);
    context.events.relate('network', action, NetworkID, { container: row.id, name, type });
  }
}

const predefined: Record<string, string> = { bridge: 'bridge', host: 'host', none: 'null' };

function driverOf(context: Context, network: string): string {
  try {
    return context.networks.inspect(network).Driver ?? '';
  } catch {
    // It has gone while the container ended.
    return '';
  }
}
