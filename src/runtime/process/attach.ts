import type { Socket } from 'node:net';
import { EngineError } from '../../kit/index.ts';
import type { Attachment } from '../contract.ts';
import { connected } from './connection.ts';
import { helloBytes, isMagic } from './protocol.ts';

const HEAD = 32;

/** Attaches to the shim behind `path`; an end that is already there is a conflict. */
export async function attach(
  path: string,
  streams: { stdin: boolean; stdout: boolean; stderr: boolean },
  asked: () => void = () => undefined,
): Promise<Attachment> {
  const socket = await connected(path);
  const wanted = (streams.stdin ? 1 : 0) | (streams.stdout ? 2 : 0) | (streams.stderr ? 4 : 0);
  socket.write(helloBytes('attach', wanted));
  // It lies in the shim's queue, which is emptied before a process goes.
  asked();
  const head = await readExactly(socket, HEAD);
  if (!isMagic(head)) {
    socket.destroy();
    throw new EngineError('internal', 'the monitor speaks another version');
  }
  if (head.readUInt32LE(12) !== 0) {
    socket.destroy();
    throw new EngineError('conflict', 'the process has ended');
  }
  const [stdout, stderr] = [head.readUInt32LE(4), head.readUInt32LE(8)];
  const partial = await readExactly(socket, stdout + stderr);
  const log = { generation: Number(head.readBigUInt64LE(16)), offset: Number(head.readBigUInt64LE(24)) };
  return {
    socket,
    log: { ...log, partial: { stdout: partial.subarray(0, stdout), stderr: partial.subarray(stdout) } },
  };
}

// What follows is put back, and the socket is left paused: the frames are the caller's.
function readExactly(socket: Socket, size: number): Promise<Buffer> {
  if (size === 0) return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve, reject) => {
    let got: Buffer = Buffer.alloc(0);
    const stop = () => {
      socket.off('data', onData);
      socket.off('end', onEnd);
      socket.off('error', onEnd);
      socket.off('close', onEnd);
      socket.pause();
    };
    const onData = (chunk: Uint8Array) => {
      got = Buffer.concat([got, chunk]);
      if (got.length < size) return;
      stop();
      if (got.length > size) socket.unshift(got.subarray(size));
      resolve(got.subarray(0, size));
    };
    const onEnd = () => {
      stop();
      socket.destroy();
      reject(new EngineError('conflict', 'the process has ended'));
    };
    socket.on('data', onData);
    socket.once('end', onEnd);
    socket.once('error', onEnd);
    socket.once('close', onEnd);
    socket.resume();
  });
}
