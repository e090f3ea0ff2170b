export { readTar, type TarEntry } from './read-tar.ts';
export { encodeTarHead, tarEnd, tarPadding } from './write-tar.ts';
