// Runs as a thread of hasher.ts. A first message brings the memory of a hash, the next ones say where in it new bytes lie; each is
// answered when they are hashed. The last one says how it ends.
import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

const hashes = new Map();

parentPort.on('message', ({ id, memory, at, length, end }) => {
  if (memory) hashes.set(id, { hash: createHash('sha256'), bytes: new Uint8Array(memory) });
  const { hash, bytes } = hashes.get(id);
  if (length) {
    hash.update(bytes.subarray(at, at + length));
    parentPort.postMessage({ id }, []);
  }
  if (!end) return;
  hashes.delete(id);
  if (end === 'digest') parentPort.postMessage({ id, digest: hash.digest('hex') }, []);
});
