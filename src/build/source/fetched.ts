import type { Files } from '../contract.ts';

/** Something from outside, in a directory of the build's own. */
export interface Fetched {
  files: Files;
  /** In `files`. */
  path: string;
  /** What it is called where it is put into a directory. */
  name?: string;
  /** Equal for equal contents. */
  key: string;
}
