import type { HostConfig } from '../../../api/index.ts';
import type { SpecProcess } from '../../../oci/index.ts';
import type { HostFacts } from '../facts.ts';
import { refusedByRuntime } from '../runtime-words.ts';

const names = new Set(
  'cpu fsize data stack core rss nproc nofile memlock as locks sigpending msgqueue nice rtprio rttime'.split(' '),
);

/**
 * The process's limits, of each the last that was given, else the engine's; a name that is none is refused in runc's words. -1 is no
 * limit.
 */
export function processRlimits(
  { Ulimits }: HostConfig,
  { defaults }: Pick<HostFacts, 'defaults'> = {},
): NonNullable<SpecProcess['rlimits']> {
  const asked = Ulimits ?? [];
  const others = (defaults?.ulimits ?? []).filter(({ Name }) => !asked.some((limit) => limit.Name === Name));
  const limits = [...asked, ...others].map(({ Name = '', Soft = 0, Hard = 0 }) => {
    const type = `RLIMIT_${Name.toUpperCase()}`;
    if (!names.has(Name.toLowerCase())) throw refusedByRuntime(`wrong rlimit value: ${type}`);
    return [type, { type, soft: Soft, hard: Hard }] as const;
  });
  return [...new Map(limits).values()];
}
