import { expect, test } from 'bun:test';
import { evaluate } from './evaluate/evaluate.ts';
import { parseDockerfile } from './parse/dockerfile.ts';

const amd64 = { os: 'linux', architecture: 'amd64' };
const options = {
  buildArgs: new Map<string, string>(),
  buildPlatform: amd64,
  resolveBase: async () => ({}),
};

/** Each takes a part of a second; what takes quadratic time took minutes. */
async function quickly(text: string, message?: string): Promise<void> {
  const start = performance.now();
  const done = (async () => evaluate(parseDockerfile(text), options))();
  if (message === undefined) await done;
  else expect(done).rejects.toThrow(message);
  await done.catch(() => undefined);
  expect(performance.now() - start).toBeLessThan(10_000);
}

test('values that double from line to line', async () => {
  const lines = Array.from({ length: 60 }, () => 'ENV A=$A$A');
  await quickly(['FROM scratch', 'ENV A=xxxxxxxx', ...lines].join('\n'), 'the result is too long');
  const quoted = Array.from({ length: 60 }, () => 'ENV A="$A$A"');
  await quickly(['FROM scratch', 'ENV A=xxxxxxxx', ...quoted].join('\n'), 'the result is too long');
});

test('substitutions within substitutions', async () => {
  const deep = '${A:-'.repeat(10_000);
  await quickly(`FROM scratch\nENV B=${deep}`, 'nested too deeply');
});

test('long runs of blanks, tabs, carriage returns and backslashes', async () => {
  const many = 60_000;
  await quickly(`FROM scratch\nENV A="${' '.repeat(many)}x"`);
  await quickly(`#syntax=a${' '.repeat(many)}x\nFROM scratch\n`, 'frontend a is not supported');
  await quickly(`#${' '.repeat(many)}x\n#check=${' '.repeat(many)}x\nFROM scratch\n`);
  await quickly(`FROM scratch\nRUN x${'\r'.repeat(many)}x`);
  await quickly(`FROM scratch\nENV A=x${'\\'.repeat(many)}x`);
  await quickly(`FROM scratch\nRUN <<${' '.repeat(many)}<x`);
  await quickly(`FROM scratch\nRUN x \\\n${`y${' '.repeat(5000)}\\\n`.repeat(100)}z`);
});

test('many lines', async () => {
  await quickly(`FROM scratch\n${'ENV A=1\n'.repeat(5000)}`);
  await quickly(`${'FROM scratch\n'.repeat(2000)}`);
});
