import type { Context } from '../command.ts';
import type { FlagTable } from '../flags/index.ts';

/** later */
export async function complete(_words: string[], _context: Context, _flags: FlagTable): Promise<number> {
  return 1;
}
