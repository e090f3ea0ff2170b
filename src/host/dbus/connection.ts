import { connect, type Socket } from 'node:net';
import { type BusMessage, decodeMessage, encodeMessage } from './message.ts';
import type { BusValue } from './values.ts';

/** What a method is called with. */
export interface BusCall {
  destination: string;
  path: string;
  interface: string;
  member: string;
  signature?: string;
  body?: BusValue[];
}

/** An open connection to a message bus. */
export interface Bus {
  /** Resolves to what the method answers; its refusal is an Error with the text it says. */
  call(call: BusCall): Promise<BusValue[]>;
  /** Is told every signal that comes; ends with the connection or when called. */
  onSignal(listener: (message: BusMessage) => void): () => void;
  close(): void;
}

const patience = 30_000;

/** Connects to the bus at `address` (`unix:path=/run/dbus/system_bus_socket`) as this process's user. */
export async function connectBus(address: string): Promise<Bus> {
  const path = /(?:^|;)unix:(?:[^;]*,)?path=([^,;]+)/.exec(address)?.[1];
  if (path === undefined) throw new Error(`a D-Bus address that is no path of a socket: ${address}`);
  const socket = connect(path);
  const bus = createBus(socket);
  try {
    await authenticate(socket);
    bus.begin();
    await bus.call({ ...theBus, member: 'Hello' });
    return bus;
  } catch (error) {
    bus.close();
    throw error;
  }
}

const theBus = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};

/** Asks the bus for signals that match a rule. */
export async function matchSignals(bus: Bus, rule: string): Promise<void> {
  await bus.call({ ...theBus, member: 'AddMatch', signature: 's', body: [rule] });
}

/** The process says who it is, and the kernel vouches for it. */
async function authenticate(socket: Socket): Promise<void> {
  const id = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
  socket.write(`\0AUTH EXTERNAL ${id}\r\n`);
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error('the message bus does not answer')), patience);
    const done = (settle: () => void) => {
      clearTimeout(timer);
      socket.off('data', hear).off('error', fail).off('close', fail);
      settle();
    };
    const hear = (bytes: Buffer) => {
      text += bytes.toString('latin1');
      if (text.endsWith('\r\n')) done(() => resolve(text));
    };
    const fail = (error?: unknown) => done(() => reject(error instanceof Error ? error : new Error('the bus hung up')));
    socket.on('data', hear).on('error', fail).on('close', fail);
  });
  if (!line.startsWith('OK ')) throw new Error(`the message bus refuses: ${line.trim()}`);
  socket.write('BEGIN\r\n');
}

interface Waiting {
  resolve(values: BusValue[]): void;
  reject(error: Error): void;
}

function createBus(socket: Socket): Bus & { begin(): void } {
  const waiting = new Map<number, Waiting>();
  const listeners = new Set<(message: BusMessage) => void>();
  let serial = 0;
  let held: Buffer = Buffer.alloc(0);
  let over: Error | undefined;

  function end(error: Error): void {
    over ??= error;
    for (const one of waiting.values()) one.reject(over);
    waiting.clear();
    listeners.clear();
    socket.destroy();
  }

  function take(message: BusMessage): void {
    if (message.kind === 'signal') for (const listener of listeners) listener(message);
    const one = waiting.get(message.replySerial ?? -1);
    if (!one) return;
    waiting.delete(message.replySerial ?? -1);
    const [words = message.errorName ?? 'refused'] = message.body ?? [];
    if (message.kind === 'error') one.reject(new Error(String(words)));
    else one.resolve(message.body ?? []);
  }

  function hear(bytes: Buffer): void {
    held = Buffer.concat([held, bytes]);
    try {
      for (let next = decodeMessage(held); next; next = decodeMessage(held)) {
        held = held.subarray(next.length);
        take(next.message);
      }
    } catch (error) {
      end(error as Error);
    }
  }

  // Nobody is left waiting by a connection that broke.
  socket.on('error', end).on('close', () => end(new Error('the message bus hung up')));
  return {
    begin: () => socket.on('data', hear),
    call: (call) =>
      new Promise((resolve, reject) => {
        if (over) return void reject(over);
        const mine = ++serial;
        const timer = setTimeout(() => {
          waiting.delete(mine);
          reject(new Error(`${call.member}: no answer`));
        }, patience);
        const settled = <T>(then: (value: T) => void) => {
          return (value: T) => {
            clearTimeout(timer);
            then(value);
          };
        };
        waiting.set(mine, { resolve: settled(resolve), reject: settled(reject) });
        socket.write(encodeMessage({ kind: 'call', serial: mine, ...call }));
      }),
    onSignal(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => end(new Error('the connection was closed')),
  };
}
