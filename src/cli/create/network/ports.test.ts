import { expect, test } from 'bun:test';
import { isIP } from './address.ts';
import { parsePorts } from './ports.ts';

const binding = (HostIp: string, HostPort: string) => ({ HostIp, HostPort });

const good: [spec: string, bindings: object][] = [
  ['80', { '80/tcp': [binding('', '')] }],
  ['8080:80', { '80/tcp': [binding('', '8080')] }],
  ['127.0.0.1::80/udp', { '80/udp': [binding('127.0.0.1', '')] }],
  ['[::1]:1:2', { '2/tcp': [binding('::1', '1')] }],
  ['90-91:80-81', { '80/tcp': [binding('', '90')], '81/tcp': [binding('', '91')] }],
  ['90-95:80', { '80/tcp': [binding('', '90-95')] }],
  ['target=80,published=8080,protocol=udp', { '80/udp': [binding('', '8080')] }],
];
for (const [spec, bindings] of good) {
  test(`-p ${spec}`, () => {
    const ports = parsePorts([spec], []);
    expect(ports.bindings).toEqual(bindings as never);
    expect(Object.keys(ports.exposed)).toEqual(Object.keys(bindings));
  });
}

const bad: [spec: string, words: string][] = [
  ['80:x', 'invalid containerPort: x'],
  ['x:80', 'invalid hostPort: x'],
  ['80:80/foo', 'invalid proto: foo'],
  ['1.2.3.400:80:80', 'invalid IP address: 1.2.3.400'],
  ['80:', 'no port specified: 80:<empty>'],
  ['1-3:80-81', 'invalid ranges specified for container and host Ports: 80-81 and 1-3'],
  ['70000:80', 'invalid hostPort: 70000'],
];
for (const [spec, words] of bad) {
  test(`-p ${spec} is refused`, () => expect(() => parsePorts([spec], [])).toThrow(words));
}

test('--expose opens a range without binding it', () => {
  expect(parsePorts([], ['1-2/udp', '3'])).toEqual({
    exposed: { '1/udp': {}, '2/udp': {}, '3/tcp': {} },
    bindings: {},
  });
});

test('addresses', () => {
  expect(['1.2.3.4', '::1', 'fe80::1%eth0', '::ffff:1.2.3.4', '1:2:3:4:5:6:7:8'].map(isIP)).toEqual([4, 6, 6, 6, 6]);
  expect(
    ['1.2.3', '01.2.3.4', '1.2.3.256', ':::', '1:2', '::g', '1:2:3:4:5:6:7:8::', ''].every((text) => isIP(text) === 0),
  ).toBe(true);
});
