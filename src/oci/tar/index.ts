export { readTar, type TarEntry } from './read-tar.ts';
export { encodeTarHead, plainTarHead, type TarHead, tarEnd, tarPadding } from './write-tar.ts';
