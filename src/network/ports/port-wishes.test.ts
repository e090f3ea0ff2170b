import { expect, test } from 'bun:test';
import { portWishes } from './port-wishes.ts';

const ask = (portBindings: Record<string, { HostIp?: string; HostPort?: string }[]>, exposedPorts: string[] = []) =>
  portWishes({ portBindings, exposedPorts, publishAll: exposedPorts.length > 0 });

test('bindings are ranges, in the order of the container’s ports', () => {
  expect(
    ask({
      '80/udp': [{ HostPort: '' }],
      '80': [{ HostPort: '8000-8010' }],
      '7/tcp': [{ HostIp: '127.0.0.1', HostPort: '9' }],
    }),
  ).toEqual([
    { protocol: 'tcp', containerPort: 7, hostIp: '127.0.0.1', first: 9, last: 9 },
    { protocol: 'tcp', containerPort: 80, hostIp: '', first: 8000, last: 8010 },
    { protocol: 'udp', containerPort: 80, hostIp: '', first: 0, last: 0 },
  ]);
});

test('-P publishes what is exposed and not bound', () => {
  const wishes = ask({ '80/tcp': [{ HostPort: '8080' }] }, ['80/tcp', '81', '53/udp']);
  expect(wishes.map(({ containerPort, protocol, first }) => [containerPort, protocol, first])).toEqual([
    [53, 'udp', 0],
    [80, 'tcp', 8080],
    [81, 'tcp', 0],
  ]);
});

test('nonsense is refused in Docker’s words', () => {
  for (const HostPort of ['abc', '99999', '90-80', '-1', '1-x', '80-', '0-5-6']) {
    expect(() => ask({ '80/tcp': [{ HostPort }] })).toThrow(`invalid port specification: "${HostPort}"`);
  }
  for (const key of ['abc', '0/tcp', '70000']) expect(() => ask({ [key]: [{}] })).toThrow('invalid port specification');
  expect(() => ask({ '80/xx': [{}] })).toThrow('invalid proto: xx');
  expect(() => ask({ '80/tcp': [{ HostIp: 'x' }] })).toThrow('invalid IP address: x');
});
