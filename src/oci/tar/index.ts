export { readTar, type TarEntry } from './read-tar.ts';
