import type { Address, TlsMaterial } from './address.ts';
import type { ByteStream } from './byte-stream.ts';

export type { ByteStream } from './byte-stream.ts';

const highWater = 1 << 20;
type Socket = Bun.Socket<undefined>;

interface Waiter {
  resolve: () => void;
  reject: (error: Error) => void;
}

/** One connected socket; made by `openStream`. */
class SocketStream implements ByteStream {
  private socket: Socket | undefined;
  private readonly chunks: Uint8Array[] = [];
  private queued = 0;
  private paused = false;
  private ended = false;
  private failure: Error | undefined;
  private reader: Waiter | undefined;
  private writer: Waiter | undefined;
  private tail: Promise<void> = Promise.resolve();

  attach(socket: Socket): void {
    this.socket = socket;
  }

  onData(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.queued += bytes.length;
    if (this.queued > highWater && !this.paused) {
      this.paused = true;
      this.socket?.pause();
    }
    this.wake();
  }

  onEnd(): void {
    this.ended = true;
    this.wake();
  }

  onClose(error?: Error): void {
    this.ended = true;
    if (error) this.failure = error;
    this.wake();
    this.writer?.reject(error ?? new Error('connection closed'));
    this.writer = undefined;
    this.socket = undefined;
  }

  onDrain(): void {
    this.writer?.resolve();
    this.writer = undefined;
  }

  async read(): Promise<Uint8Array | undefined> {
    while (this.chunks.length === 0) {
      if (this.failure) throw this.failure;
      if (this.ended) return undefined;
      await new Promise<void>((resolve, reject) => {
        this.reader = { resolve, reject };
      });
    }
    const bytes = this.chunks.shift() as Uint8Array;
    this.queued -= bytes.length;
    if (this.paused && this.queued < highWater / 2) {
      this.paused = false;
      this.socket?.resume();
    }
    return bytes;
  }

  unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.chunks.unshift(bytes);
    this.queued += bytes.length;
  }

  write(bytes: Uint8Array): Promise<void> {
    const next = this.tail.then(() => this.push(bytes));
    this.tail = next.catch(() => undefined);
    return next;
  }

  closeWrite(): void {
    void this.tail.then(() => this.socket?.shutdown());
  }

  destroy(): void {
    this.socket?.terminate();
    this.onClose();
  }

  private async push(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      if (!this.socket) throw this.failure ?? new Error('connection closed');
      const taken = this.socket.write(rest);
      if (taken < 0) throw this.failure ?? new Error('connection closed');
      rest = rest.subarray(taken);
      if (rest.length === 0) return;
      await new Promise<void>((resolve, reject) => {
        this.writer = { resolve, reject };
      });
    }
  }

  private wake(): void {
    this.reader?.resolve();
    this.reader = undefined;
  }
}

/** Connects; throws the socket's error (with its `code`) when that fails. */
export async function openStream(address: Address, tls?: TlsMaterial): Promise<ByteStream> {
  if ('command' in address) return (await import('./command-stream.ts')).openCommand(address.command);
  const stream = new SocketStream();
  const socket: Bun.SocketHandler<undefined> = {
    binaryType: 'uint8array',
    open: (opened) => stream.attach(opened),
    data: (_, bytes) => stream.onData(bytes as Uint8Array),
    end: () => stream.onEnd(),
    close: (_, error) => stream.onClose(error),
    error: (_, error) => stream.onClose(error),
    drain: () => stream.onDrain(),
    connectError: () => undefined,
  };
  if ('unix' in address || !tls) {
    await Bun.connect({ ...address, socket, allowHalfOpen: true } as Parameters<typeof Bun.connect<undefined>>[0]);
    return stream;
  }
  const secured = Promise.withResolvers<void>();
  socket.handshake = (_, isTrusted, refusal) => {
    if (isTrusted || !tls.verify) secured.resolve();
    else secured.reject(refusal ?? new Error('tls: the certificate is not trusted'));
  };
  const closed = socket.close;
  socket.close = (one, error) => {
    secured.reject(error ?? new Error('EOF'));
    closed?.(one, error);
  };
  const { ca, cert, key, verify } = tls;
  const material = { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
  await Bun.connect({
    ...address,
    socket,
    allowHalfOpen: true,
    tls: { ...material, rejectUnauthorized: verify, serverName: address.hostname },
  } as Bun.TCPSocketConnectOptions<undefined>);
  await secured.promise;
  return stream;
}
