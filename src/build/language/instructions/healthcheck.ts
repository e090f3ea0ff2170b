import { parseDuration } from '../../../api/index.ts';
import type { HealthcheckInstruction } from '../contract.ts';
import { DockerfileError } from '../error.ts';
import type { RawInstruction } from '../parse/raw.ts';
import { quote } from '../text/quote.ts';
import { commandLine, common, needSome } from './common.ts';
import { type Flags, parseFlags } from './flags.ts';

const millisecond = 1e6;
const unset = { interval: 0, timeout: 0, startPeriod: 0, startInterval: 0, retries: 0 };

export function parseHealthcheck(raw: RawInstruction): HealthcheckInstruction {
  needSome(raw, 'HEALTHCHECK');
  const [written = '', ...args] = raw.args;
  const type = written.toUpperCase();
  if (type === 'NONE') {
    if (args.length > 0) throw new DockerfileError('HEALTHCHECK NONE takes no arguments');
    return { kind: 'healthcheck', ...common(raw), health: { test: [type], ...unset } };
  }
  const flags = parseFlags(raw.flags, {
    interval: 'string',
    timeout: 'string',
    'start-period': 'string',
    'start-interval': 'string',
    retries: 'string',
  });
  if (type !== 'CMD') throw new DockerfileError(`Unknown type ${quote(type)} in HEALTHCHECK (try CMD)`);
  const { words, shell } = commandLine({ ...raw, args });
  if (words.length === 0) throw new DockerfileError('Missing command after HEALTHCHECK CMD');
  return {
    kind: 'healthcheck',
    ...common(raw),
    health: {
      test: [shell ? 'CMD-SHELL' : 'CMD', ...words],
      interval: duration(flags, 'interval'),
      timeout: duration(flags, 'timeout'),
      startPeriod: duration(flags, 'start-period'),
      startInterval: duration(flags, 'start-interval'),
      retries: retries(flags.string('retries')),
    },
  };
}

function duration(flags: Flags, name: string): number {
  const text = flags.string(name);
  if (text === '') return 0;
  const nanoseconds = parseDuration(text);
  if (nanoseconds !== 0 && nanoseconds < millisecond) {
    throw new DockerfileError(`Interval ${quote(name)} cannot be less than 1ms`);
  }
  return nanoseconds;
}

function retries(text: string): number {
  if (text === '') return 0;
  if (!/^[-+]?\d+$/.test(text)) throw new DockerfileError(`strconv.ParseInt: parsing ${quote(text)}: invalid syntax`);
  const number = Number(text);
  if (number > 2 ** 31 - 1 || number < -(2 ** 31)) {
    throw new DockerfileError(`strconv.ParseInt: parsing ${quote(text)}: value out of range`);
  }
  if (number < 0) throw new DockerfileError(`--retries cannot be negative (${number})`);
  return number;
}
