import { expect, test } from 'bun:test';
import { checkPools, firstForBridge, firstForNetwork } from './pools.ts';
import {
  contains,
  describe,
  type Ip,
  overlaps,
  parseBip,
  parseIp,
  parsePrefix,
  type Subnet,
  toText,
} from './subnets.ts';

const subnet = (text: string): Subnet => (parsePrefix(text) as { subnet: Subnet }).subnet;

const bridge = (...taken: string[]) => describe(firstForBridge(taken.map(subnet)));

test('addresses are numbers and back, IPv6 in its shortest form', () => {
  for (const ip of ['0.0.0.0', '10.1.2.3', '255.255.255.255', '::', '::1', 'fd00::2', '1:0:0:2::3', 'fe80::1:2:3:4']) {
    expect(toText(parseIp(ip) as Ip)).toBe(ip);
  }
  expect(toText(parseIp('FD00:0:0:0:0:0:0:0A') as Ip)).toBe('fd00::a');
  expect(toText(parseIp('::ffff:10.1.2.3') as Ip)).toBe('::ffff:a01:203');
  for (const bad of ['', '10.1.2', '10.1.2.256', 'fe80::1%eth0', 'x', '1::2::3']) expect(parseIp(bad)).toBeUndefined();
  expect(describe(subnet('192.168.17.5/20'))).toBe('192.168.16.0/20');
  expect(describe(subnet('fd00::5/64'))).toBe('fd00::/64');
  for (const bad of ['10.0.0.0', '10.0.0.0/33', 'fd00::/129', '10.0.0/8', '/8'])
    expect(parsePrefix(bad)).toBeUndefined();
});

test('networks overlap when one holds the other, never across families', () => {
  expect(overlaps(subnet('172.17.0.0/16'), subnet('172.17.4.0/24'))).toBe(true);
  expect(overlaps(subnet('172.16.0.0/12'), subnet('172.17.0.0/16'))).toBe(true);
  expect(overlaps(subnet('172.17.0.0/16'), subnet('172.18.0.0/16'))).toBe(false);
  expect(overlaps(subnet('0.0.0.0/0'), subnet('::/0'))).toBe(false);
  expect(contains(subnet('fd00::/64'), parseIp('fd00::ffff') as Ip)).toBe(true);
  expect(contains(subnet('fd00::/64'), parseIp('fd00:0:0:1::') as Ip)).toBe(false);
});

test('the first pool that clashes with nothing is taken', () => {
  expect(bridge()).toBe('172.17.0.0/16');
  expect(bridge('172.17.9.0/24', '172.18.0.1/32')).toBe('172.19.0.0/16');
  expect(bridge('172.16.0.0/12', '192.168.0.0/24')).toBe('192.168.16.0/20');
  expect(() => bridge('128.0.0.0/1')).toThrow('all predefined address pools have been fully subnetted');
});

test('user-defined networks are small, so that there is room for thousands', () => {
  const taken: Subnet[] = [];
  for (let made = 0; made < 300; made++) taken.push(firstForNetwork(4, taken, [], 'x'));
  expect(describe(taken[0] as Subnet)).toBe('172.18.0.0/24');
  expect(describe(taken[299] as Subnet)).toBe('172.19.43.0/24');
  const [first, second] = [firstForNetwork(6, [], [], 'x'), firstForNetwork(6, [], [], 'y')];
  expect(describe(first)).toMatch(/^fd[0-9a-f:]+::\/64$/);
  expect(describe(firstForNetwork(6, [], [], 'x'))).toBe(describe(first));
  expect(describe(second)).not.toBe(describe(first));
  expect(overlaps(firstForNetwork(6, [first], [], 'x'), first)).toBe(false);
});

test('configured pools take the place of Docker’s, each for its family', () => {
  const pools = [{ base: '10.200.0.0/23', size: 24 }];
  expect(describe(firstForNetwork(4, [subnet('10.200.0.0/24')], pools, 'x'))).toBe('10.200.1.0/24');
  expect(() => firstForNetwork(4, [subnet('10.200.0.0/16')], pools, 'x')).toThrow('fully subnetted');
  expect(describe(firstForNetwork(6, [], pools, 'x'))).toMatch(/^fd/);
  expect(describe(firstForBridge([], pools))).toBe('10.200.0.0/24');
  expect(() => checkPools([{ base: '10.0.0.0/24', size: 23 }])).toThrow('invalid pool size 23');
  expect(() => checkPools([{ base: 'ten', size: 24 }])).toThrow('invalid base pool "ten"');
});

test('--bip is the address of a host', () => {
  const { address, subnet } = parseBip('10.9.8.7/24');
  expect([toText(address), describe(subnet)]).toEqual(['10.9.8.7', '10.9.8.0/24']);
  for (const bad of ['10.9.8.0/24', '10.9.8.255/24', '10.9.8.7', '10.9.8.7/31', '10.9.8.300/24', 'x/24', '10.9.8.7/']) {
    expect(() => parseBip(bad)).toThrow('invalid bridge address');
  }
});
