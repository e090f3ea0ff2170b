import { expect, test } from 'bun:test';
import { createAddresses } from './addresses.ts';
import { type Ip, parseIp, parsePrefix, type Subnet, toText } from './subnets.ts';

const subnet = (text: string): Subnet => (parsePrefix(text) as { subnet: Subnet }).subnet;
const ip = (text: string): Ip => parseIp(text) as Ip;

test('the lowest free address is given, never the gateway, nor one whose last link is still there', () => {
  const gone = new Set<number>();
  const addresses = createAddresses({
    subnet: subnet('10.0.0.0/29'),
    reserved: [ip('10.0.0.2')],
    isGone: (link) => gone.has(link),
    evict: (link) => void gone.add(link),
  });
  const take = () => toText(addresses.take());
  expect([take(), take(), take()]).toEqual(['10.0.0.1', '10.0.0.3', '10.0.0.4']);
  addresses.giveBack(ip('10.0.0.1'), 100);
  addresses.giveBack(ip('10.0.0.3'), 101);
  expect(take()).toBe('10.0.0.5');
  gone.add(101);
  expect(take()).toBe('10.0.0.3');
  gone.add(100);
  expect([take(), take()]).toEqual(['10.0.0.1', '10.0.0.6']);
  expect(take).toThrow("no available IPv4 addresses on this network's address pools");
  addresses.giveBack(ip('10.0.0.6'), 102);
  expect(take).toThrow('no available IPv4 addresses');
  expect(toText(addresses.take(ip('10.0.0.6')))).toBe('10.0.0.6'); // its link was made to go
  addresses.giveBack(ip('10.0.0.2'), 100);
  expect(take).toThrow('no available IPv4 addresses');
});

test.each([
  ['10.0.0.4/31', ['10.0.0.4', '10.0.0.5']],
  ['10.0.0.4/32', ['10.0.0.4']],
  ['10.0.0.4/30', ['10.0.0.5', '10.0.0.6']],
  ['fd00::4/127', ['fd00::4', 'fd00::5']],
])('%p has these addresses to give: %p', (text, all) => {
  const addresses = createAddresses({
    subnet: subnet(text),
    reserved: [],
    isGone: () => true,
    evict: () => undefined,
  });
  expect(all.map(() => toText(addresses.take()))).toEqual(all);
  expect(() => addresses.take()).toThrow('no available');
});

test('an address of an earlier life is not given', () => {
  const addresses = createAddresses({
    subnet: subnet('10.0.0.0/24'),
    reserved: [ip('10.0.0.1')],
    isGone: () => true,
    evict: () => undefined,
  });
  addresses.claim(ip('10.0.0.2'));
  expect(toText(addresses.take())).toBe('10.0.0.3');
  addresses.giveBack(ip('10.0.0.2'), 1);
  expect(toText(addresses.take())).toBe('10.0.0.2');
});

test('an address that is asked for is given if it is free, and the others come from the range', () => {
  const addresses = createAddresses({
    subnet: subnet('10.0.0.0/16'),
    range: subnet('10.0.5.0/30'),
    reserved: [ip('10.0.5.0')],
    isGone: () => true,
    evict: () => undefined,
  });
  expect(toText(addresses.take(ip('10.0.9.9')))).toBe('10.0.9.9');
  for (const taken of ['10.0.9.9', '10.0.5.0', '10.0.0.0', '10.0.255.255', '10.1.0.1']) {
    expect(() => addresses.take(ip(taken))).toThrow('Address already in use');
  }
  expect([1, 2, 3].map(() => toText(addresses.take()))).toEqual(['10.0.5.1', '10.0.5.2', '10.0.5.3']);
  expect(() => addresses.take()).toThrow('no available IPv4 addresses');
});

test('IPv6 has no broadcast address', () => {
  const addresses = createAddresses({
    subnet: subnet('fd00::/126'),
    reserved: [ip('fd00::1')],
    isGone: () => true,
    evict: () => undefined,
  });
  expect([1, 2].map(() => toText(addresses.take()))).toEqual(['fd00::2', 'fd00::3']);
  expect(() => addresses.take()).toThrow("no available IPv6 addresses on this network's address pools");
});
