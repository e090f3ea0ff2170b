import { connect, type Socket } from 'node:net';

/** A client of bytes: what was sent, and what came back, nothing else. */
export interface RawClient {
  socket: Socket;
  send(text: string | Uint8Array): void;
  /** Ends our half. */
  end(): void;
  /** All received so far, once it contains `text`; rejects after two seconds. */
  until(text: string): Promise<string>;
  /** All received, once the server has closed; rejects after two seconds. */
  closed(): Promise<string>;
}

export async function dial(path: string): Promise<RawClient> {
  const socket = connect({ path, allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  let received = '';
  let over = false;
  let check: (() => void) | undefined;
  socket.on('data', (bytes: Buffer) => {
    received += bytes.toString('latin1');
    check?.();
  });
  const finish = () => {
    over = true;
    check?.();
  };
  socket.on('end', finish);
  socket.on('close', finish);
  socket.on('error', finish);
  const when = (holds: () => boolean) =>
    new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited in vain; received ${JSON.stringify(received)}`)), 2000);
      check = () => {
        if (!holds()) return;
        clearTimeout(timer);
        resolve(received);
      };
      check();
    });
  return {
    socket,
    send: (text) => void socket.write(text),
    end: () => void socket.end(),
    until: (text) => when(() => received.includes(text)),
    closed: () => when(() => over),
  };
}
