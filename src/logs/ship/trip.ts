import { crashpoint, type Log, messageOf } from '../../kit/index.ts';
import type { Connection, Destination, LogMessage } from '../drivers/contract.ts';
import type { Backlog } from './backlog.ts';
import { messagesOf } from './messages.ts';
import type { Progress } from './progress.ts';

/** What the parts of a shipper share. */
export interface Trip {
  id: string;
  driver: string;
  epoch: string;
  destination: Destination;
  backlog: Backlog;
  progress: Progress;
  /** No more than so many bytes wait; the oldest lines go. Without it the log's own bounds are the only ones. */
  most?: number;
  /** When to give up, in milliseconds since 1970. */
  until?: number;
  log: Log;
  /** What others want of it: `ended`, nothing more will be written; `stopped`, the next one goes on. */
  wish: { ended: boolean; stopped: boolean };
  /** Waits so many milliseconds, or until a wish comes or somebody wakes it. */
  nap(time: number): Promise<void>;
  wake(): void;
  /** The log had ended before the last look at it, which saw all of it. */
  endSeen: boolean;
}

/** Milliseconds between two looks at the log: soon after something came, seldom while it is quiet. */
const [soonest, latest] = [4, 200];
/** So often rotation is looked after while nobody takes the lines. */
const tendEvery = 250;
const leastPause = 100;
const lastPatience = 500;

const nothingLeft = ({ endSeen, backlog, progress }: Trip): boolean =>
  endSeen && progress.certain() && backlog.unread() <= 0;

/** Follows the log's rotation, and drops what it has no room for, with a word. */
export async function tend(trip: Trip): Promise<void> {
  const { id, driver, backlog, progress, most = Number.POSITIVE_INFINITY } = trip;
  const { ended } = trip.wish;
  let lost = await backlog.look();
  trip.endSeen = ended && backlog.sawAll();
  const over = backlog.unread() - most;
  if (over > 0) lost += await backlog.skip(over);
  if (lost === 0) return;
  const lines = Number.isNaN(lost) ? 'unknown' : lost;
  trip.log.warn('lines of a container could not be passed on in time and were dropped', { id, driver, lines });
  progress.passedOver();
}

/** A connection; undefined when it was stopped, or there is nothing to be sent any more. */
export async function reach(trip: Trip): Promise<Connection | undefined> {
  const { id, driver, destination, wish, log } = trip;
  let failures = 0;
  await tend(trip);
  while (!wish.stopped && !nothingLeft(trip)) {
    try {
      const connection = await dial(trip);
      if (failures > 0 && connection) log.info('the log server of a container is there again', { id, driver });
      if (connection) return connection;
    } catch (error) {
      const why = messageOf(error);
      if (failures === 0)
        log.warn('the log server of a container cannot be reached: its lines wait', { id, driver, error: why });
      failures++;
      const late = trip.until !== undefined && Date.now() > trip.until;
      if (late || (destination.attempts !== undefined && failures % destination.attempts === 0))
        await giveUp(trip, why);
      await rest(trip, destination.pause(failures));
    }
  }
  return undefined;
}

/** Undefined when it was stopped meanwhile: nobody waits for a server that does not answer. */
async function dial(trip: Trip): Promise<Connection | undefined> {
  const dialling = trip.destination.connect();
  let connection: Connection | undefined;
  let failure: unknown;
  const settled = dialling.then(
    (made) => {
      connection = made;
      if (trip.wish.stopped) void made.close();
      return true;
    },
    (error: unknown) => {
      failure = error;
      return true;
    },
  );
  await meanwhile(trip, settled);
  if (failure) throw failure;
  return trip.wish.stopped ? undefined : connection;
}

/** Follows rotation until the promise has resolved, or it was stopped. */
async function meanwhile(trip: Trip, settled: Promise<boolean>): Promise<void> {
  for (let over = false; !over && !trip.wish.stopped; ) {
    over = await Promise.race([settled, trip.nap(tendEvery).then(() => false)]);
    if (!over) await tend(trip);
  }
  trip.wake();
}

async function giveUp(trip: Trip, why: string): Promise<void> {
  const { id, driver, backlog, progress } = trip;
  await tend(trip);
  const lines = await backlog.skip(Number.POSITIVE_INFINITY);
  if (lines === 0) return;
  trip.log.warn('lines of a container are given up: its log server cannot be reached', {
    id,
    driver,
    lines,
    error: why,
  });
  progress.passedOver();
  await progress.note('now');
}

/** Waits so long, or until it is stopped or nothing is left to be sent. */
export async function rest(trip: Trip, time: number): Promise<void> {
  for (let left = Math.max(time, leastPause); left > 0 && !trip.wish.stopped && !nothingLeft(trip); left -= tendEvery) {
    await trip.nap(Math.min(left, tendEvery));
    await tend(trip);
    await trip.progress.note('soon');
  }
}

/** Sends until the connection is lost (throws), old, or a wish ends it; true once the log has ended and all of it was sent. */
export async function pump(trip: Trip, connection: Connection): Promise<boolean> {
  const { backlog, progress, wish, destination } = trip;
  let lost: Error | undefined;
  void connection.lost.then((error) => {
    lost = error;
    trip.wake();
  });
  const old = Date.now() + (destination.renewAfter ?? Number.POSITIVE_INFINITY);
  for (let pause = soonest; !wish.stopped && Date.now() < old; ) {
    if (lost) throw lost;
    await tend(trip);
    const piece = await backlog.read();
    if (piece) {
      const { messages, thread } = messagesOf(piece.block, progress.thread, trip.epoch);
      progress.sending(piece.spot, thread);
      await handOver(trip, connection, messages);
      crashpoint('logs.sent');
      progress.taken();
      pause = soonest;
    } else if (trip.endSeen) return true;
    await progress.settle(connection.doubt);
    await progress.note('soon');
    if (piece) continue;
    await trip.nap(pause);
    pause = Math.min(pause * 2, latest);
  }
  return false;
}

/** A server may take its time, or not read at all: rotation goes on meanwhile, and who stops does not wait for it for long. */
async function handOver(trip: Trip, connection: Connection, messages: LogMessage[]): Promise<void> {
  const sending = connection.send(messages);
  sending.catch(() => undefined);
  await meanwhile(
    trip,
    sending.then(
      () => true,
      () => true,
    ),
  );
  // One that was stopped hangs up on a server that takes too long.
  if (trip.wish.stopped) await patience(sending, connection);
  return sending;
}

async function patience(sending: Promise<void>, connection: Connection): Promise<void> {
  const timer = setTimeout(() => void connection.close(), lastPatience);
  await sending.catch(() => undefined);
  clearTimeout(timer);
}
