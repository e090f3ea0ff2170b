import { messageOf } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import { decompressed, isCompressed } from '../layers/compression.ts';
import { twice } from '../layers/twice.ts';
import type { TakeIn } from './spool.ts';

/**
 * Makes a blob of a file of an archive, and unpacks it meanwhile if it seems to be a layer: which of them are layers, and in which
 * order, most archives tell at their end. What cannot be unpacked yet is unpacked later, from its blob. `hold` hears of all there is,
 * `onLayer` of each layer, by the digests of its blob and of its tar.
 */
export function createTakeIn(
  { store, snapshots, log }: Context,
  hold: (target: string) => void,
  onLayer: (blob: string, diffId: string) => void,
): TakeIn {
  return async (name, bytes) => {
    const [archive, again, leave] = twice(bytes);
    const isHere = isNamedByDigest(name) && store.blobs.has(digestIn(name));
    const blob = store.blobs.ingest(isHere ? bytes : archive).then(({ digest }) => {
      hold(`blob:${digest}`);
      return digest;
    });
    const layer = isHere ? undefined : unpackedAside(again, blob).finally(leave);
    const [written] = await Promise.allSettled([blob, layer]);
    if (written.status === 'rejected') throw written.reason;
    return written.value;
  };

  async function unpackedAside(bytes: AsyncIterable<Uint8Array>, digest: Promise<string>): Promise<void> {
    const chunks = bytes[Symbol.asyncIterator]();
    try {
      const { value: head } = await chunks.next();
      if (!head || !(isCompressed(head) || isTar(head))) return;
      const given = isCompressed(head) ? {} : { digest };
      const tar = decompressed(chained(head, chunks));
      const { diffId } = await snapshots.applyLayer({ parents: [], tar, alone: true, ...given });
      hold(`layer:${diffId}`);
      onLayer(await digest, diffId);
    } catch (error) {
      // Whatever is wrong with it is said once it is known to be a layer.
      log.debug('a file of an archive is not unpacked yet', { error: messageOf(error) });
    }
  }
}

const isNamedByDigest = (name: string): boolean => /^blobs\/sha256\/[0-9a-f]{64}$/.test(name);
const digestIn = (name: string): string => name.replace('blobs/sha256/', 'sha256:');

/** `ustar` of POSIX and of GNU; older tars are rare enough to be unpacked later. */
function isTar(head: Uint8Array): boolean {
  return head.length >= 512 && Buffer.from(head.buffer, head.byteOffset + 257, 5).toString('latin1') === 'ustar';
}

async function* chained(head: Uint8Array | undefined, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head) yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
