import { fs } from '../../../lazy.ts';

// Paths are byte strings: each character is one byte.

export const onDisk = (path: string): Buffer => Buffer.from(path, 'latin1');

export const namesIn = (directory: string): string[] =>
  (fs().readdirSync(onDisk(directory), { encoding: 'buffer' }) as unknown as Buffer[]).map((name) =>
    name.toString('latin1'),
  );

/** The text of a symlink. */
export const linkText = (path: string): string =>
  (fs().readlinkSync(onDisk(path), { encoding: 'buffer' }) as unknown as Buffer).toString('latin1');
