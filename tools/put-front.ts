// put-front.ts PROGRAM FRONT: puts a front (native/front) before an ELF program, in place.
// The kernel maps what PT_LOAD headers say: the one of the build id's note, which nothing reads, becomes the front's, and the
// program's entry is the front's. The first eight bytes of a front are where it goes on to. Source: elf(5).
import { readFileSync, writeFileSync } from 'node:fs';

const [program = '', front = ''] = process.argv.slice(2);
const page = 4096;
const base = 0x100000n;
const [load, note, readAndExecute] = [1, 4, 5];

const image = readFileSync(program);
const added = readFileSync(front);
const headers = Number(image.readBigUInt64LE(32));
const count = image.readUInt16LE(56);
const starts = Array.from({ length: count }, (_, index) => headers + index * 56);
const place = starts.find((at) => image.readUInt32LE(at) === note);
if (place === undefined) throw new Error(`${program}: no header to spare`);
const lowest = starts.filter((at) => image.readUInt32LE(at) === load).map((at) => image.readBigUInt64LE(at + 16));
if (lowest.some((address) => address < base + BigInt(added.length)))
  throw new Error(`${program}: no room for the front`);

added.writeBigUInt64LE(image.readBigUInt64LE(24), 0);
image.writeBigUInt64LE(base + 8n, 24);
const offset = Math.ceil(image.length / page) * page;
image.writeUInt32LE(load, place);
image.writeUInt32LE(readAndExecute, place + 4);
const size = BigInt(added.length);
for (const [index, value] of [BigInt(offset), base, base, size, size, BigInt(page)].entries()) {
  image.writeBigUInt64LE(value, place + 8 + index * 8);
}
writeFileSync(program, Buffer.concat([image, Buffer.alloc(offset - image.length), added]));
