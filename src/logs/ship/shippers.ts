import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crashpoint, messageOf, newId } from '../../kit/index.ts';
import type { Store } from '../../store/index.ts';
import type { Connection } from '../drivers/contract.ts';
import type { Keeper } from '../keep/keeper.ts';
import type { LogInfo } from '../options/info.ts';
import { endOf } from './backlog.ts';
import { createFleet, type Fleet, type FleetOptions } from './fleet.ts';
import { noThread } from './messages.ts';
import { createShipments, type Shipment } from './shipment.ts';

/** Passes containers' logs on to log servers, by Docker's drivers for that. */
export interface Shippers {
  /**
   * Before a container with such a driver starts: connects, or throws in Docker's words. The log's file stands in a directory of its
   * own. What is written to it from now on is passed on.
   */
  begin(driver: string, log: { info: LogInfo; path: string; compress: boolean }): Promise<void>;
  /** Nothing more will be written to it; what has not arrived yet goes on being sent. */
  end(id: string): void;
  /** Its container is being removed: what has not arrived yet is taken aside, so that the directory can go. */
  leave(id: string): void;
  /** After an engine's restart; `alive` knows the containers that still run. */
  restore(alive: (id: string) => boolean): void;
  /** Waits until the servers have what was sent to them, or a second; the next engine goes on. */
  close(): Promise<void>;
}

export interface ShippersOptions extends FleetOptions {
  store: Pick<Store, 'view' | 'note'>;
  keeper: Keeper;
  /** Where the logs of removed containers stay until they have arrived. */
  root: string;
}

export function createShippers(options: ShippersOptions): Shippers {
  const { store, keeper, root, log } = options;
  const books = createShipments(store);
  const fleet = createFleet(options, books);
  return {
    async begin(driver, { info, path, compress }) {
      const { id } = info;
      await fleet.stop(id);
      const known = books.get(id);
      const shipment: Shipment = { driver, info, path, epoch: known?.epoch ?? newId() };
      const connection = await connected(fleet, shipment, known);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      if (known) books.change(id, shipment);
      else books.begin(id, shipment, { position: await endOf(path), thread: noThread });
      crashpoint('logs.begun');
      const shipper = fleet.run(id, shipment, connection);
      if (compress) keeper.keep(id, { path, unread: (generation) => shipper.reads(generation) });
    },
    end(id) {
      keeper.release(id);
      fleet.get(id)?.end();
    },
    leave(id) {
      const shipment = books.get(id);
      if (!shipment || shipment.left !== undefined) return;
      keeper.release(id);
      const aside = asideOf(shipment, root, Date.now());
      moveAside(shipment, dirname(aside.path));
      crashpoint('logs.aside');
      books.change(id, aside);
      crashpoint('logs.left');
      const shipper = fleet.get(id) ?? fleet.run(id, aside);
      shipper.move(aside.path);
      shipper.end();
    },
    restore(alive) {
      for (const { id, shipment } of books.all()) {
        try {
          const shipper = fleet.run(id, foundAside(shipment, root, books.change));
          if (!alive(id)) shipper.end();
        } catch (error) {
          log.error('the log of a container is not passed on any more', { id, error: messageOf(error) });
        }
      }
    },
    close: () => fleet.close(),
  };
}

/** What its last life said still waits where the server of the next cannot be reached. */
async function connected(fleet: Fleet, shipment: Shipment, known?: Shipment): Promise<Connection | undefined> {
  try {
    const destination = fleet.destinationOf(shipment);
    return destination.lazy ? undefined : await destination.connect();
  } catch (error) {
    if (known) fleet.run(known.info.id, known).end();
    throw error;
  }
}

const asideOf = (shipment: Shipment, root: string, left: number): Shipment => ({
  ...shipment,
  path: join(root, shipment.info.id, 'container.log'),
  left,
});

function moveAside({ path }: Shipment, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  if (existsSync(dirname(path))) renameSync(dirname(path), to);
  else mkdirSync(to, { recursive: true });
}

/** An engine that was killed between the two steps of `leave` has moved the files and not said so. */
function foundAside(shipment: Shipment, root: string, change: (id: string, shipment: Shipment) => void): Shipment {
  const { info, left, path } = shipment;
  if (left !== undefined || existsSync(path) || !existsSync(join(root, info.id))) return shipment;
  const found = asideOf(shipment, root, Date.now());
  change(info.id, found);
  return found;
}
