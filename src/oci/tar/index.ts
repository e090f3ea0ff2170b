export { type ByteReader, createByteReader } from './bytes.ts';
export { readTar, type TarEntry, type TarType } from './read-tar.ts';
export type { Segment } from './sparse.ts';
