import { type Ending, endStream } from '../../api/index.ts';
import type { ByteStream } from '../../client/index.ts';
import type { Output } from './output.ts';

/** Where a container's output goes. */
export interface Sinks {
  out: Output | undefined;
  err: Output | undefined;
  /** Told how the process ended, by an engine that was asked to say it here. */
  ending?: (ending: Ending) => void;
}

type Bytes = () => Promise<Uint8Array | undefined>;

/** Copies the raw output of a terminal to its end. */
export async function copyRaw(read: Bytes, sinks: Sinks): Promise<void> {
  for (let bytes = await read(); bytes; bytes = await read()) await sinks.out?.write(bytes);
}

/** Takes Docker's frames apart (a byte that names the stream, three zeros, a big-endian length) and copies each to its sink. */
export async function copyFrames(read: Bytes, sinks: Sinks): Promise<void> {
  const header = new Uint8Array(8);
  let filled = 0;
  let left = 0;
  let ending = '';
  for (let bytes = await read(); bytes; bytes = await read()) {
    let at = 0;
    while (at < bytes.length) {
      if (left === 0) {
        header[filled++] = bytes[at++] as number;
        if (filled < 8) continue;
        filled = 0;
        left = new DataView(header.buffer).getUint32(4);
        if ((header[0] as number) > endStream) throw new Error(`Unrecognized input header: ${header[0]}`);
        continue;
      }
      const part = bytes.subarray(at, at + left);
      at += part.length;
      left -= part.length;
      if (header[0] === 3) throw new Error(`error from daemon in stream: ${new TextDecoder().decode(part)}`);
      if (header[0] === endStream) ending += new TextDecoder().decode(part);
      else await (header[0] === 2 ? sinks.err : sinks.out)?.write(part);
    }
  }
  if (ending !== '') sinks.ending?.(JSON.parse(ending) as Ending);
}

/** Reads from a hijacked connection. */
export function reader(stream: ByteStream): Bytes {
  return () => stream.read();
}

/** Reads from the body of a response. */
export function bodyReader(body: AsyncGenerator<Uint8Array>): Bytes {
  return async () => {
    const next = await body.next();
    return next.done ? undefined : next.value;
  };
}
