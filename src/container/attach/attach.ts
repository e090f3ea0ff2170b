import type { Duplex } from 'node:stream';
import { EngineError } from '../../kit/index.ts';
import type { Process } from '../../runtime/index.ts';
import type { Context } from '../context.ts';
import type { AttachOptions, ContainerSession } from '../contract.ts';
import { replayLog } from '../log/logs.ts';
import { resolve } from '../lookup.ts';
import type { ContainerRow } from '../row.ts';
import { createDetachScanner, parseDetachKeys } from './detach-keys.ts';
import { splice } from './splice.ts';

/** See Containers.attach. A container that does not run yet is waited for. */
export function attach(context: Context, reference: string, options: AttachOptions): ContainerSession {
  const row = resolve(context.store, reference);
  const keys = parseDetachKeys(options.detachKeys, 'detach');
  if (row.state === 'restarting') {
    throw new EngineError('conflict', `container ${reference} is restarting, wait until the container is running`);
  }
  if (row.paused) {
    throw new EngineError('conflict', `container ${reference} is paused, unpause the container before attach`);
  }
  return {
    tty: row.config.Tty ?? false,
    connect: (client) => {
      const given = typeof client === 'function' ? lazily(client) : { taken: client, take: async () => client };
      return connect({ context, row, options, keys, client: given });
    },
  };
}

/** The client's end; `taken` once there is one. */
interface Client {
  taken?: Duplex;
  take(): Promise<Duplex>;
}

function lazily(open: () => Promise<Duplex>): Client {
  const client: Client = {
    take: async () => {
      client.taken ??= await open();
      return client.taken;
    },
  };
  return client;
}

interface Connection {
  context: Context;
  row: ContainerRow;
  options: AttachOptions;
  keys: number[];
  client: Client;
}

async function connect(connection: Connection): Promise<void> {
  const { context, row, options, client } = connection;
  const present = context.runs.get(row.id);
  if (!options.stream || (!present && options.logs)) {
    await replayLog(context, row, await client.take(), { streams: options });
  }
  context.events.publish(row, 'attach');
  if (!options.stream) return;
  if (present) return join(connection, present.process, () => undefined);
  const gone = new AbortController();
  const leave = () => gone.abort();
  client.taken?.once('close', leave).once('error', leave);
  const guest = await context.lobby.wait(row.id, gone.signal);
  client.taken?.off('close', leave).off('error', leave);
  if (guest) await join(connection, guest.process, guest.seated);
}

async function join(connection: Connection, process: Process, seated: () => void): Promise<void> {
  const { context, row, options, keys, client } = connection;
  const tty = row.config.Tty ?? false;
  const stdin = options.stdin && (row.config.OpenStdin ?? false);
  try {
    const { stdout, stderr } = options;
    const { socket, log } = await process.attach({ stdin, stdout, stderr }, seated);
    const other = await client.take();
    if (options.logs) await replayLog(context, row, other, { streams: options, position: log });
    const joined = splice(other, socket, {
      stdin,
      endStdin: stdin && !tty && (row.config.StdinOnce ?? false),
      ...(tty && { scan: createDetachScanner(keys) }),
    });
    if ((await joined) === 'detached') context.events.publish(row, 'detach');
  } finally {
    seated();
  }
}
