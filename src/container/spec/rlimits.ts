import type { HostConfig } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { SpecProcess } from '../../oci/index.ts';

const names = new Set(
  'cpu fsize data stack core rss nproc nofile memlock as locks sigpending msgqueue nice rtprio rttime'.split(' '),
);
/** RLIM_INFINITY as the specification's JSON has it; 2^64 - 1 does not fit a number. */
const infinity = -1;

/** The process's limits; a name that is none is refused in runc's words, soft above hard in the client's. */
export function processRlimits(hostConfig: HostConfig): NonNullable<SpecProcess['rlimits']> {
  return (hostConfig.Ulimits ?? []).map(({ Name = '', Soft = 0, Hard = 0 }) => {
    const type = `RLIMIT_${Name.toUpperCase()}`;
    if (!names.has(Name.toLowerCase())) throw new EngineError('internal', `wrong rlimit value: ${type}`);
    if (Hard !== infinity && (Soft === infinity || Soft > Hard)) {
      throw new EngineError('invalid', `ulimit soft limit must be less than or equal to hard limit: ${Soft} > ${Hard}`);
    }
    return { type, soft: Soft, hard: Hard };
  });
}
