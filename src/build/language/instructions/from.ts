import type { FromInstruction } from '../contract.ts';
import { DockerfileError } from '../error.ts';
import type { RawInstruction } from '../parse/raw.ts';
import { quote } from '../text/quote.ts';
import { common } from './common.ts';
import { parseFlags } from './flags.ts';

export function parseFrom(raw: RawInstruction): FromInstruction {
  const as = stageName(raw.args);
  const flags = parseFlags(raw.flags, { platform: 'string' });
  const platform = flags.string('platform');
  return {
    kind: 'from',
    ...common(raw),
    base: raw.args[0] ?? '',
    ...(as === undefined ? {} : { as }),
    ...(platform === '' ? {} : { platform }),
  };
}

function stageName(args: readonly string[]): string | undefined {
  const [, as, name] = args;
  if (args.length === 1) return undefined;
  if (args.length !== 3 || as?.toLowerCase() !== 'as' || name === undefined) {
    throw new DockerfileError('FROM requires either one or three arguments');
  }
  if (/^[a-z][a-z0-9-_.]*$/.test(name.toLowerCase())) return name;
  throw new DockerfileError(
    `invalid name for build stage: ${quote(name)}, name can't start with a number or contain symbols`,
  );
}
