import { expect, test } from 'bun:test';
import { describe, firstFree, maskOf, overlaps, parseBip, subnetOf, toNumber, toText } from './subnets.ts';

const subnet = (text: string) => subnetOf(toNumber(text.split('/')[0] as string), Number(text.split('/')[1]));

test('addresses are numbers and back, also above 127', () => {
  for (const ip of ['0.0.0.0', '10.1.2.3', '192.168.255.254', '255.255.255.255']) expect(toText(toNumber(ip))).toBe(ip);
  expect(toText(maskOf(0))).toBe('0.0.0.0');
  expect(toText(maskOf(20))).toBe('255.255.240.0');
  expect(describe(subnet('192.168.17.5/20'))).toBe('192.168.16.0/20');
});

test('networks overlap when one holds the other', () => {
  expect(overlaps(subnet('172.17.0.0/16'), subnet('172.17.4.0/24'))).toBe(true);
  expect(overlaps(subnet('172.16.0.0/12'), subnet('172.17.0.0/16'))).toBe(true);
  expect(overlaps(subnet('172.17.0.0/16'), subnet('172.18.0.0/16'))).toBe(false);
});

test('the first pool that clashes with nothing is taken', () => {
  expect(describe(firstFree([]))).toBe('172.17.0.0/16');
  expect(describe(firstFree([subnet('172.17.9.0/24'), subnet('172.18.0.1/32')]))).toBe('172.19.0.0/16');
  expect(describe(firstFree([subnet('172.16.0.0/12'), subnet('192.168.0.0/24')]))).toBe('192.168.16.0/20');
  expect(() => firstFree([subnet('128.0.0.0/1')])).toThrow('all predefined address pools have been fully subnetted');
});

test('--bip is the address of a host', () => {
  const { address, subnet } = parseBip('10.9.8.7/24');
  expect([toText(address), describe(subnet)]).toEqual(['10.9.8.7', '10.9.8.0/24']);
  for (const bad of ['10.9.8.0/24', '10.9.8.255/24', '10.9.8.7', '10.9.8.7/31', '10.9.8.300/24', 'x/24', '10.9.8.7/']) {
    expect(() => parseBip(bad)).toThrow('invalid bridge address');
  }
});
