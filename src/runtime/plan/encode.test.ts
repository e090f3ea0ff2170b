import { expect, test } from 'bun:test';
import { encodePlan, opOf, type PlanHeader } from './encode.ts';
import type { Step } from './steps.ts';

const header: PlanHeader = {
  kind: 'container',
  id: 'a',
  token: 'b',
  boot: 'c',
  stdio: { tty: true, openStdin: true, stdinOnce: false, size: [2, 3] },
  owner: 4,
  log: { path: '/l', maxBytes: 6, maxFiles: 7, attrs: '{}' },
  reserved: 8,
  hasNetwork: false,
  halved: false,
};

test('the header, byte by byte', () => {
  const plan = encodePlan(header, [{ op: 'hostname', name: 'host' }]);
  const expected = [
    '54554750 0600 00 01 5d000000', // TUGP, version 6, a container, with a tty, the length
    '01000000 61 00 01000000 62 00 01000000 63 00',
    '01 00 01 0200 0300 04000000 08000000 00 00',
    '02000000 2f6c 00 0600000000000000 07000000 02000000 7b7d 00 00',
    '01000000 1e00 09000000 04000000 686f7374 00', // one step: hostname
  ];
  expect(Buffer.from(plan).toString('hex')).toBe(expected.join('').replaceAll(' ', ''));
});

test('numbers follow enum op of native/shim.h', async () => {
  const source = await Bun.file(new URL('../../../native/shim.h', import.meta.url)).text();
  const names = /enum op \{([^}]*)\}/.exec(source)?.[1]?.match(/OP_\w+/g) ?? [];
  expect(names.at(-1)).toBe('OP_COUNT');
  for (const [index, name] of names.slice(0, -1).entries()) {
    const camel = name
      .slice(3)
      .toLowerCase()
      .replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    expect(opOf(index)).toBe(index === 0 ? undefined : (camel as Step['op']));
  }
  expect(opOf(names.length - 1)).toBeUndefined();
});

test('a plan longer than the first buffer', () => {
  const steps = Array.from(
    { length: 500 },
    (_, index): Step => ({ op: 'mask', path: `/${'p'.repeat(200)}/${index}`, label: '' }),
  );
  const plan = encodePlan(header, steps);
  expect(new DataView(plan.buffer, plan.byteOffset).getUint32(8, true)).toBe(plan.length);
  expect(Buffer.from(plan).toString('latin1')).toContain('/499\0');
});

test('a NUL within a text is refused', () => {
  expect(() => encodePlan(header, [{ op: 'mask', path: '/a\0b', label: '' }])).toThrow('a NUL in');
});
