import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Context } from '../../command.ts';
import { unpack } from '../../copy/unpack.ts';
import { fs } from '../../lazy.ts';

/** Puts what an output sends where it was asked for: a directory, a file, or the standard output. */
export async function writeOutput(
  { out }: Context,
  output: Record<string, string>,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { type, dest = '-' } = output;
  if (type === 'local') {
    fs().mkdirSync(dest, { recursive: true });
    return unpack(bytes, dest, { rename: (name) => name });
  }
  if (dest === '-') {
    for await (const piece of bytes) await out.write(piece);
    return;
  }
  const file = createWriteStream(dest);
  for await (const piece of bytes) if (!file.write(piece)) await once(file, 'drain');
  file.end();
  await once(file, 'close');
}
