import { expect, test } from 'bun:test';
import { createAddresses } from './addresses.ts';
import { subnetOf, toNumber } from './subnets.ts';

const base = toNumber('10.0.0.0');

test('the lowest free address is given, never the gateway, nor one whose last link is still there', () => {
  const gone = new Set<number>();
  const addresses = createAddresses({
    subnet: subnetOf(base, 29),
    gateway: base + 2,
    isGone: (link) => gone.has(link),
  });
  expect([addresses.take(), addresses.take(), addresses.take()]).toEqual([base + 1, base + 3, base + 4]);
  addresses.giveBack(base + 1, 100);
  addresses.giveBack(base + 3, 101);
  expect(addresses.take()).toBe(base + 5);
  gone.add(101);
  expect(addresses.take()).toBe(base + 3);
  gone.add(100);
  expect(addresses.take()).toBe(base + 1);
  expect(addresses.take()).toBe(base + 6);
  expect(() => addresses.take()).toThrow('no available IPv4 addresses');
  addresses.giveBack(base + 2, 100);
  expect(() => addresses.take()).toThrow('no available IPv4 addresses');
});

test('an address of an earlier life is not given', () => {
  const addresses = createAddresses({ subnet: subnetOf(base, 24), gateway: base + 1, isGone: () => true });
  addresses.claim(base + 2);
  expect(addresses.take()).toBe(base + 3);
  addresses.giveBack(base + 2, 1);
  expect(addresses.take()).toBe(base + 2);
});
