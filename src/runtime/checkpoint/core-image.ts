// CRIU's file of one process (`core-PID.img`): two magic numbers, a length, a message of protocol buffers.
const headBytes = 12;
const threadCore = 5;
const parentDeathSignal = 8;

/**
 * Makes of a process that ends with its parent, as those of our monitor do, one that does not: at its restoration the parent is a
 * program that ends at once. Changes the image in place, keeping its length; true where there was something to change.
 */
export function outliveParent(image: Uint8Array): boolean {
  const core = findField(image, { from: headBytes, to: image.length }, threadCore);
  const signal = core && findField(image, core, parentDeathSignal);
  if (!signal) return false;
  // A varint of that length which means 0: all but the last byte go on.
  for (let at = signal.from; at < signal.to; at++) image[at] = at === signal.to - 1 ? 0 : 0x80;
  return true;
}

/** Bytes of an image, the end not included. */
interface Part {
  from: number;
  to: number;
}

/** Where the value of the first field of that number lies within a message. */
function findField(image: Uint8Array, { from, to }: Part, wanted: number): Part | undefined {
  let at = from;
  while (at < to) {
    const tag = readVarint(image, at);
    const value = partOf(image, tag);
    if (value.to > to) throw new Error('malformed image of a process');
    if (tag.value >>> 3 === wanted) return value;
    at = value.to;
  }
  return undefined;
}

interface Varint {
  value: number;
  end: number;
}

/** Values that a length or a tag may have; longer numbers keep only their low bits, and their end. */
function readVarint(image: Uint8Array, start: number): Varint {
  let value = 0;
  for (let at = start; at < start + 10; at++) {
    const byte = image[at];
    if (byte === undefined) break;
    if (at - start < 4) value |= (byte & 0x7f) << (7 * (at - start));
    if (byte < 0x80) return { value, end: at + 1 };
  }
  throw new Error('malformed image of a process');
}

function partOf(image: Uint8Array, { value: tag, end }: Varint): Part {
  switch (tag & 7) {
    case 0:
      return { from: end, to: readVarint(image, end).end };
    case 1:
      return { from: end, to: end + 8 };
    case 2: {
      const length = readVarint(image, end);
      return { from: length.end, to: length.end + length.value };
    }
    case 5:
      return { from: end, to: end + 4 };
    default:
      throw new Error('malformed image of a process');
  }
}
