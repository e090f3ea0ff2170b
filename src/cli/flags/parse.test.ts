import { expect, test } from 'bun:test';
import { createFlags } from '../create/flags.ts';
import { FlagError, flag, flagUsages, parseFlags } from './index.ts';

const flags = {
  all: flag.bool('Everything', { short: 'a' }),
  env: flag.list('Set a variable', { short: 'e' }),
  interactive: flag.bool('Keep open', { short: 'i' }),
  name: flag.string('Name it'),
  proxy: flag.bool('Pass on', { initial: true }),
  publish: flag.list('Publish', { short: 'p' }),
  time: flag.int('Wait', { short: 't', initial: 10 }),
};

const parse = (line: string, interspersed = true) => parseFlags(flags, line.split(' '), interspersed);

test('values in every spelling', () => {
  const { values, args, given } = parse('-ai --name x -p80:80 -p=81 -p 82 --env=A=b --proxy=false one -t3 -- -a');
  expect(values).toEqual({
    all: true,
    interactive: true,
    name: 'x',
    publish: ['80:80', '81', '82'],
    env: ['A=b'],
    proxy: false,
    time: 3,
  });
  expect(args).toEqual(['one', '-a']);
  expect(given.has('time')).toBe(true);
  expect(given.has('nothing')).toBe(false);
});

test('a lone dash is an argument', () => {
  expect(parse('- -a').args).toEqual(['-']);
});

test('flags end at the first argument where a command says so', () => {
  const { values, args } = parse('-a image -i --name x', false);
  expect(values.interactive).toBe(false);
  expect(args).toEqual(['image', '-i', '--name', 'x']);
});

const wrong: [line: string, words: string][] = [
  ['--nosuch', 'unknown flag: --nosuch'],
  ['-ax', "unknown shorthand flag: 'x' in -x"],
  ['--name', 'flag needs an argument: --name'],
  ['-ip', "flag needs an argument: 'p' in -ip"],
  ['--=x', 'bad flag syntax: --=x'],
  ['--all=maybe', 'invalid argument "maybe" for "-a, --all" flag: strconv.ParseBool: parsing "maybe": invalid syntax'],
  ['-t x', 'invalid argument "x" for "-t, --time" flag: strconv.ParseInt: parsing "x": invalid syntax'],
  ['--toString', 'unknown flag: --toString'],
];
for (const [line, words] of wrong) {
  test(`${line} is refused`, () => {
    expect(() => parse(line)).toThrow(new FlagError(words));
  });
}

test('usage wraps at the width of the terminal', () => {
  const usage = flagUsages({ 'device-cgroup-rule': createFlags['device-cgroup-rule'], all: flags.all }, 60);
  expect(usage).toBe(
    `  -a, --all                       Everything
      --device-cgroup-rule list   Add a rule to the
                                  cgroup allowed
                                  devices list
`,
  );
});
