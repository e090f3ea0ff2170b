import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Body, createBody } from './body.ts';
import { BadRequest, type Head, readHead } from './head.ts';
import { createHijacked } from './hijacked.ts';
import { createInlet, type Inlet } from './inlet.ts';
import { createOutlet, type Outlet } from './outlet.ts';
import { createReply, type Reply } from './reply.ts';

/** One request with its answer. `gone` aborts when the client has left, or the server closes: streams then end. */
export interface Exchange {
  head: Head;
  body: Body;
  gone: AbortSignal;
  reply: Reply;
  /** The descriptor of the connection's socket, which stays the connection's; -1 once it is closed. */
  socket(): number;
}

/** Must answer every exchange and not reject; returning is the end of the answer. */
export type Handle = (exchange: Exchange) => Promise<void>;

/** What of an unwanted body is read away so that the connection can go on. */
const drainLimit = 256 * 1024;
const lingerMs = 500;
/** As long as Docker waits for the rest of a head. */
const headMs = 5 * 60_000;

/**
 * Serves HTTP/1.1 on one connection, request after request, until `closing`. The heads are parsed here and not by node:http because any
 * request on a reused connection may turn out to be a hijack, and node:http never gives a socket back.
 */
export async function serveConnection(socket: Socket, handle: Handle, closing: AbortSignal): Promise<void> {
  const inlet = createInlet(socket);
  const outlet = createOutlet(socket);
  socket.on('error', () => undefined); // 'close' follows and is handled.
  try {
    for (;;) {
      const head = await headInTime(socket, inlet);
      if (head === undefined) break;
      const outcome = await serveOne({ socket, inlet, outlet, head, handle, closing });
      if (outcome === 'hijacked') return closeSoonAfterEnd(socket);
      if (outcome === 'close') break;
    }
  } catch (error) {
    await refuse(outlet, error);
  }
  await linger(socket, inlet);
}

/** A client that does not come to the end of its head is left: a connection costs it nothing, and us a descriptor. */
async function headInTime(socket: Socket, inlet: Inlet): Promise<Head | undefined> {
  let timer: Timer | undefined;
  try {
    return await readHead(inlet, () => {
      timer = setTimeout(() => socket.destroy(), headMs);
    });
  } finally {
    clearTimeout(timer);
  }
}

interface Turn {
  socket: Socket;
  inlet: Inlet;
  outlet: Outlet;
  head: Head;
  handle: Handle;
  closing: AbortSignal;
}

async function serveOne({
  socket,
  inlet,
  outlet,
  head,
  handle,
  closing,
}: Turn): Promise<'next' | 'close' | 'hijacked'> {
  const expect = head.headers.get('expect');
  if (expect !== undefined && expect.toLowerCase() !== '100-continue')
    throw new BadRequest('417 Expectation Failed', '');
  const body = createBody(inlet, head, () => {
    if (expect !== undefined && head.minor === 1 && !reply.started) void outlet.write('HTTP/1.1 100 Continue\r\n\r\n');
  });
  const gone = new AbortController();
  const wanted = head.minor === 1 && !/\bclose\b/i.test(head.headers.get('connection') ?? '');
  let hijacked: Duplex | undefined;
  let reusable = true;
  const reply = createReply({
    head,
    outlet,
    keepAlive: () => {
      // A client that waits for 100 Continue may or may not send its body now: only a new connection is unambiguous.
      const drainable = body.untouched && expect === undefined && (body.length ?? Infinity) <= drainLimit;
      reusable = wanted && (body.finished || drainable);
      return reusable;
    },
    hijack: () => {
      inlet.onGone(undefined);
      hijacked = createHijacked(socket, inlet, body.untouched ? body.length : 0);
      return hijacked;
    },
  });
  const leave = () => gone.abort();
  inlet.onGone(leave);
  closing.addEventListener('abort', leave);
  await handle({ head, body, gone: gone.signal, reply, socket: () => descriptorOf(socket) });
  closing.removeEventListener('abort', leave);
  inlet.onGone(undefined);
  if (hijacked !== undefined) {
    await finished(hijacked);
    return 'hijacked';
  }
  if (!reusable || !reply.complete) return 'close'; // Cut short, the client must not take it for whole.
  if (!body.finished) for await (const _ of body); // Fails, and so closes, when a part of it was read.
  return 'next';
}

/** Bun keeps it on the handle, as Node does. */
function descriptorOf(socket: Socket): number {
  return (socket as { _handle?: { fd?: number } | null })._handle?.fd ?? -1;
}

/** Ends a hijacked stream, and resolves when what was written to it is with the kernel; its input is thrown away. */
async function finished(stream: Duplex): Promise<void> {
  if (stream.destroyed) return;
  stream.resume();
  await new Promise<void>((resolve) => {
    stream.once('close', resolve);
    stream.end(resolve);
  });
}

async function refuse(outlet: Outlet, error: unknown): Promise<void> {
  if (!(error instanceof BadRequest)) return;
  const type = error.body === '' ? 'Content-Length: 0\r\n' : 'Content-Type: text/plain; charset=utf-8\r\n';
  await outlet.write(`HTTP/1.1 ${error.status}\r\n${type}Connection: close\r\n\r\n${error.body}`);
}

/** Ends our half and reads on for a moment: closing with bytes unread would reset the answer away from the client. */
async function linger(socket: Socket, inlet: Inlet): Promise<void> {
  closeSoonAfterEnd(socket);
  while ((await inlet.read()) !== undefined);
}

/** The time runs from when all is written: a slow reader gets everything. */
function closeSoonAfterEnd(socket: Socket): void {
  if (socket.destroyed) return;
  let timer: Timer | undefined;
  socket.once('close', () => clearTimeout(timer));
  socket.end(() => {
    if (!socket.destroyed) timer = setTimeout(() => socket.destroy(), lingerMs);
  });
}
