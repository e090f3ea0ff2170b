import type { CreateValues } from './flags.ts';
import type { NetworkAttachment } from './network/networks.ts';

/** A `run` or `create` command line after its flags. */
export interface CreateLine {
  flags: CreateValues;
  given: Set<string>;
  args: string[];
  env: Record<string, string | undefined>;
}

/** The networks to join, `--net` being the older spelling of `--network`. */
export function networksOf({ flags }: Pick<CreateLine, 'flags'>): NetworkAttachment[] {
  return [...flags.network, ...flags.net];
}
