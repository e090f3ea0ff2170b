import { expect, test } from 'bun:test';
import { type BusMessage, decodeMessage, encodeMessage } from './message.ts';
import { decodeValues, encodeValues, typesOf } from './values.ts';

const hex = (bytes: Buffer) => bytes.toString('hex').replaceAll(/(.{8})(?=.)/g, '$1 ');

// By hand, from the alignments of the D-Bus specification.
test.each([
  ['ybs', [1, true, 'ab'], '01000000 01000000 02000000 616200'],
  ['yt', [1, 2n], '01000000 00000000 02000000 00000000'],
  ['au', [[7, 8]], '08000000 07000000 08000000'],
  // What is skipped before the first struct does not count.
  ['a(yu)', [[[1, 2]]], '08000000 00000000 01000000 02000000'],
  ['at', [[]], '00000000 00000000'],
  ['v', [{ signature: 'u', value: 5 }], '01750000 05000000'],
  ['gy', ['a{sv}', 9], '05617b73 767d0009'],
  ['i', [-2], 'feffffff'],
] as const)('%s %p', (signature, values, bytes) => {
  const encoded = encodeValues(signature, structuredClone(values) as never);
  expect(hex(encoded)).toBe(bytes);
  expect(decodeValues(signature, encoded)).toEqual({ values: values as never, length: encoded.length });
});

test('a signature is taken apart type by type', () => {
  expect(typesOf('ssa(sv)a(sa(sv))u')).toEqual(['s', 's', 'a(sv)', 'a(sa(sv))', 'u']);
  expect(() => typesOf('(s')).toThrow('without an end');
  expect(() => encodeValues('z', [1])).toThrow('z');
});

const call: BusMessage = {
  kind: 'call',
  serial: 3,
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
  member: 'StartTransientUnit',
  destination: 'org.freedesktop.systemd1',
  signature: 'ssa(sv)a(sa(sv))',
  body: ['a.scope', 'replace', [['PIDs', { signature: 'au', value: [4711] }]], []],
};

test('messages come out of a stream whole, one after another', () => {
  const signal: BusMessage = { kind: 'signal', serial: 4, path: '/a', interface: 'b.c', member: 'D' };
  const bytes = Buffer.concat([encodeMessage(call), encodeMessage(signal)]);
  const first = decodeMessage(bytes);
  expect(first?.message).toEqual(call);
  const rest = bytes.subarray(first?.length);
  expect(decodeMessage(rest)?.message).toEqual(signal);
  for (const cut of [0, 15, 40, rest.length - 1]) expect(decodeMessage(rest.subarray(0, cut))).toBeUndefined();
});

test('what is too large or in the other order is refused', () => {
  const bytes = encodeMessage(call);
  expect(() => decodeMessage(Buffer.concat([Buffer.from('B'), bytes.subarray(1)]))).toThrow('big endian');
  bytes.writeUInt32LE(2 ** 31, 4);
  expect(() => decodeMessage(bytes)).toThrow('too large');
});
