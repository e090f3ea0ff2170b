import { messageOf } from '../../kit/index.ts';
import type { Connection } from '../drivers/contract.ts';
import { type Backlog, openBacklog } from './backlog.ts';
import { createProgress } from './progress.ts';
import type { Cursor } from './shipment.ts';
import { pump, reach, rest, type Trip, tend } from './trip.ts';

export type ShipperOptions = Pick<Trip, 'id' | 'driver' | 'epoch' | 'destination' | 'most' | 'until' | 'log'> & {
  path: string;
  from: Cursor;
  /** One that is open already. Taken over. */
  connection?: Connection;
  advance(cursor: Cursor): void;
};

/** Sends a log's lines, as they are written, until it has ended and all of it has arrived. */
export interface Shipper {
  /** Nothing more will be written. */
  end(): void;
  /** Leaves the rest to the next one, who goes on from where `advance` was last told. */
  stop(): Promise<void>;
  /** Resolves to whether all has arrived, or nothing more can be done. */
  readonly done: Promise<boolean>;
  /** The log lies elsewhere from now on. */
  move(path: string): void;
  /** It still reads the file with this inode. */
  reads(generation: number): boolean;
}

/** How often the last lines are sent again to a server that breaks the connection off instead of closing it. */
const farewells = 3;
/** Milliseconds after which a connection has not been broken off at once. */
const steady = 5000;

export function createShipper(options: ShipperOptions): Shipper {
  const wish = { ended: false, stopped: false };
  const bell = createBell(wish);
  let backlog: Backlog | undefined;
  let { path } = options;
  const run = async (): Promise<boolean> => {
    const { connection } = options;
    backlog = await openBacklog(path, options.from.position);
    backlog.move(path);
    const progress = createProgress({ backlog, thread: options.from.thread, advance: options.advance });
    try {
      return await ship({ ...options, wish, ...bell, backlog, progress, endSeen: false }, connection);
    } finally {
      await progress.note('now');
      await backlog.close();
      backlog = undefined;
    }
  };
  const done = run().catch((error: unknown) => {
    const { id, driver, log } = options;
    log.error('the log of a container is not passed on any more', { id, driver, error: messageOf(error) });
    return false;
  });
  return {
    done,
    reads: (generation) => backlog?.holds(generation) ?? false,
    move(to) {
      path = to;
      backlog?.move(to);
    },
    end() {
      wish.ended = true;
      bell.wake();
    },
    async stop() {
      wish.stopped = true;
      bell.wake();
      await done;
    },
  };
}

/** One connection after another. */
async function ship(trip: Trip, first: Connection | undefined): Promise<boolean> {
  const { progress, wish } = trip;
  let given = first;
  let partings = 0;
  for (let breaks = 0; ; ) {
    const connection = given ?? (await reach(trip));
    given = undefined;
    if (!connection) return !wish.stopped;
    const since = Date.now();
    const { over, broken } = await travel(trip, connection);
    if (over && broken) partings++;
    // A server that always breaks off has had its lines often enough.
    if (!broken || partings === farewells) await progress.settle(-1);
    if (wish.stopped || (over && progress.certain())) return over && progress.certain();
    progress.again();
    await tend(trip);
    // A server that takes connections and breaks them off again is not asked as fast as it can.
    breaks = broken && Date.now() - since < steady ? breaks + 1 : 0;
    if (broken) await rest(trip, trip.destination.pause(breaks));
  }
}

/** Whether the log was at its end, and whether the connection ended otherwise than by our word. */
async function travel(trip: Trip, connection: Connection): Promise<{ over: boolean; broken: boolean }> {
  const { id, driver, log } = trip;
  try {
    const over = await pump(trip, connection);
    return { over, broken: !(await connection.close()) };
  } catch (error) {
    await connection.close();
    if (!trip.wish.stopped)
      log.warn('the connection to the log server of a container is lost', { id, driver, error: messageOf(error) });
    return { over: false, broken: true };
  }
}

function createBell(wish: Trip['wish']): Pick<Trip, 'nap' | 'wake'> {
  let ring: (() => void) | undefined;
  return {
    nap: (time) =>
      new Promise((resolve) => {
        if (wish.stopped) return resolve();
        const timer = setTimeout(resolve, time);
        ring = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    wake: () => ring?.(),
  };
}
