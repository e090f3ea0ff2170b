export { readTar, type TarEntry } from './read-tar.ts';
export { encodeTarHead, type TarHead, tarEnd, tarPadding } from './write-tar.ts';
