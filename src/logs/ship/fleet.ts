import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { EngineError, type Log } from '../../kit/index.ts';
import type { Connection, Destination, LogDriver } from '../drivers/contract.ts';
import { parseSize } from '../options/numbers.ts';
import type { Shipment, Shipments } from './shipment.ts';
import { createShipper, type Shipper } from './shipper.ts';

/** The shippers that are at work, each for one container. */
export interface Fleet {
  get(id: string): Shipper | undefined;
  destinationOf(shipment: Shipment): Destination;
  /** Sets one to work from where the books say; once it is done, the shipment is forgotten. A connection is taken over. */
  run(id: string, shipment: Shipment, connection?: Connection): Shipper;
  stop(id: string): Promise<void>;
  close(): Promise<void>;
}

export interface FleetOptions {
  drivers: Record<string, LogDriver>;
  log: Log;
}

/** A server that does not come back for a day has lost what a removed container said. */
const longest = 24 * 3600 * 1000;

export function createFleet({ drivers, log }: FleetOptions, books: Shipments): Fleet {
  const working = new Map<string, Shipper>();
  let closing = false;
  const destinationOf = ({ driver, info, epoch }: Shipment): Destination => {
    const known = drivers[driver];
    if (!known) throw new EngineError('internal', `there is no log driver ${driver}`);
    return known.prepare(info, { epoch });
  };
  const forget = (id: string): void => {
    const shipment = books.get(id);
    books.end(id);
    if (shipment?.left !== undefined) rmSync(dirname(shipment.path), { recursive: true, force: true });
  };
  const stop = async (id: string): Promise<void> => {
    const shipper = working.get(id);
    working.delete(id);
    await shipper?.stop();
  };
  return {
    get: (id) => working.get(id),
    destinationOf,
    run(id, shipment, connection) {
      const { driver, info, path, epoch, left } = shipment;
      const destination = destinationOf(shipment);
      const most = bufferOf(info.options);
      const about = { id, driver, path, epoch, destination, log };
      const shipper = createShipper({
        ...about,
        from: books.cursor(id),
        advance: (cursor) => books.advance(id, cursor),
        ...(connection && { connection }),
        ...(most !== undefined && { most }),
        ...(left !== undefined && { until: left + longest }),
      });
      working.set(id, shipper);
      void shipper.done.then((all) => {
        if (closing || working.get(id) !== shipper) return;
        working.delete(id);
        if (all) forget(id);
      });
      return shipper;
    },
    stop,
    async close() {
      closing = true;
      await Promise.all([...working.keys()].map(stop));
    },
  };
}

/** With `mode=non-blocking` no more than that waits, as in Docker; the file alone bounds it otherwise. */
function bufferOf({ mode, 'max-buffer-size': size = '1m' }: Record<string, string>): number | undefined {
  return mode === 'non-blocking' ? parseSize(size, 1024) : undefined;
}
