import { parseDuration } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { ImageRunConfig } from '../../oci/index.ts';
import { jsonWords } from './words.ts';

type Healthcheck = NonNullable<ImageRunConfig['Healthcheck']> & { StartInterval?: number };

const durations = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
} as const;

/** `HEALTHCHECK [--interval=… …] CMD command` or `NONE`. */
export function parseHealthcheck(text: string): Healthcheck {
  const check: Healthcheck = {};
  let rest = text;
  for (let flag = /^--(\S*)\s*/.exec(rest); flag; flag = /^--(\S*)\s*/.exec(rest)) {
    setFlag(check, flag[1] ?? '');
    rest = rest.slice(flag[0].length);
  }
  const type = /^\S+/.exec(rest)?.[0] ?? '';
  const command = rest.slice(type.length).trim();
  if (type.toUpperCase() === 'NONE') {
    if (command !== '') throw new EngineError('invalid', 'HEALTHCHECK NONE takes no arguments');
    return { Test: ['NONE'] };
  }
  if (type.toUpperCase() !== 'CMD') {
    throw new EngineError('invalid', `Unknown type ${JSON.stringify(type)} in HEALTHCHECK (try CMD)`);
  }
  const words = jsonWords(command);
  if (command === '' || words?.length === 0) {
    throw new EngineError('invalid', 'Missing command after HEALTHCHECK CMD');
  }
  return { Test: words ? ['CMD', ...words] : ['CMD-SHELL', command], ...check };
}

function setFlag(check: Healthcheck, flag: string): void {
  const [name = '', value = ''] = flag.split(/=(.*)/s);
  if (name === 'retries') {
    const retries = Number(value);
    if (!/^-?\d+$/.test(value)) {
      throw new EngineError('invalid', `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
    }
    if (retries < 0) throw new EngineError('invalid', `--retries cannot be negative (${retries})`);
    if (retries > 0) check.Retries = retries;
    return;
  }
  if (!(name in durations)) throw new EngineError('invalid', `unknown flag: --${name}`);
  const nanoseconds = value === '' ? 0 : parseDuration(value);
  if (nanoseconds !== 0 && nanoseconds < 1e6) {
    throw new EngineError('invalid', `Interval ${JSON.stringify(name)} cannot be less than 1ms`);
  }
  if (nanoseconds > 0) check[durations[name as keyof typeof durations]] = nanoseconds;
}
