import { messageOf } from '../../kit/index.ts';
import { fromFlag } from '../options/from-flag.ts';
import type { Option, Values } from '../options/option.ts';
import { options } from '../options/table.ts';
import { refuse } from '../options/words.ts';

/** Reads a command line as Docker's daemon does; `invalid` with its words for what it does not know. */
export function parseFlags(argv: string[]): Values {
  const given: Values = new Map();
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--' || !word.startsWith('-') || word === '-') throw refuse('"tug daemon" accepts no arguments.');
    const { option, value, spelled } = word.startsWith('--') ? longFlag(word) : shortFlag(word, rest);
    const taken = value ?? (option.kind === 'boolean' ? 'true' : rest.shift());
    if (taken === undefined) throw refuse(`flag needs an argument: ${spelled}`);
    try {
      given.set(option.name, fromFlag(option.kind, taken, given.get(option.name)));
    } catch (error) {
      throw refuse(`invalid argument ${JSON.stringify(taken)} for "${named(option)}" flag: ${messageOf(error)}`);
    }
  }
  return given;
}

interface Found {
  option: Option;
  value?: string;
  spelled: string;
}

function longFlag(word: string): Found {
  const at = word.indexOf('=');
  const name = at < 0 ? word.slice(2) : word.slice(2, at);
  const option = options.find((option) => option.name === name);
  if (!option) throw refuse(`unknown flag: --${name}`);
  return { option, spelled: `--${name}`, ...(at >= 0 && { value: word.slice(at + 1) }) };
}

/** `-D`, `-H x`, `-Hx`, `-H=x`, and several booleans in one word. */
function shortFlag(word: string, rest: string[]): Found {
  const letter = word[1] ?? '';
  const option = options.find(({ short }) => short === letter);
  if (!option) throw refuse(`unknown shorthand flag: '${letter}' in ${word}`);
  const tail = word.slice(2);
  const spelled = `'${letter}' in ${word}`;
  if (tail === '') return { option, spelled };
  if (tail.startsWith('=')) return { option, value: tail.slice(1), spelled };
  if (option.kind !== 'boolean') return { option, value: tail, spelled };
  rest.unshift(`-${tail}`);
  return { option, spelled };
}

const named = ({ short, name }: Option): string => (short ? `-${short}, --${name}` : `--${name}`);

const kinds: Record<Option['kind'], string> = {
  boolean: '',
  string: ' string',
  int: ' int',
  bytes: ' bytes',
  ip: ' ip',
  ips: ' list',
  list: ' list',
  hosts: ' list',
  labels: ' list',
  domains: ' list',
  mirrors: ' list',
  map: ' map',
  features: ' map',
  networkOptions: ' mapmap',
  pools: ' pool-options',
  runtimes: ' runtime',
  registries: ' prefix=JSON',
  ulimits: ' ulimit',
};

/** The text of `tug daemon --help`. */
export function usage(): string {
  const usable = options.filter(({ idle, refused }) => !idle && !refused);
  const others = options.filter(({ idle, refused }) => idle || refused).map(({ name }) => `--${name}`);
  const without = `Taken for the sake of dockerd's command lines, without effect or refused where they ask for one:\n  ${others.join(' ')}\n`;
  return `\nUsage:\ttug daemon [OPTIONS]\n\nRun the engine in the foreground.\n\nOptions:\n${usable.map(line).join('\n')}\n\n${without}`;
}

function line({ name, short, kind, help, initial }: Option): string {
  const shown = kind === 'string' ? `"${initial}"` : initial;
  const flag = `${short ? `-${short}, ` : '    '}${`--${name}${kinds[kind]}`.padEnd(36)}`;
  return `  ${flag}${help}${initial ? ` (default ${shown})` : ''}`;
}
