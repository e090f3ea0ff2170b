import type { CreateValues } from './flags.ts';

/** A `run` or `create` command line after its flags. */
export interface CreateLine {
  flags: CreateValues;
  given: Set<string>;
  args: string[];
  env: Record<string, string | undefined>;
}

/** Networks as named, `--net` being the older spelling of `--network`. */
export function networksOf({ flags }: Pick<CreateLine, 'flags'>): string[] {
  return [...flags.network, ...flags.net];
}
