import { pipeline, Readable, type Transform } from 'node:stream';
import { constants, createGzip, createZstdCompress } from 'node:zlib';

/** How a layer's bytes are written; without a level as its program does by itself. */
export interface Compression {
  type: 'gzip' | 'zstd' | 'uncompressed';
  level?: number;
}

const CHUNK = 256 << 10;

/** The same bytes compressed: of equal ones always equal. */
export async function* compressed(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncGenerator<Uint8Array> {
  if (compression.type === 'uncompressed') {
    yield* source;
    return;
  }
  let failure: unknown;
  const packed = pipeline(Readable.from(source, { objectMode: false }), packer(compression), (error) => {
    failure = error;
  });
  try {
    yield* packed as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw failure ?? error;
  }
}

function packer({ type, level }: Compression): Transform {
  if (type === 'gzip') return createGzip({ chunkSize: CHUNK, ...(level !== undefined && { level }) });
  const params = level === undefined ? {} : { [constants.ZSTD_c_compressionLevel]: level };
  return createZstdCompress({ chunkSize: CHUNK, params });
}
