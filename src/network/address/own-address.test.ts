// Expected: what Docker 28.5.2 shows of its default bridge, started with these flags beside a bridge with these addresses.
import { expect, test } from 'bun:test';
import { type OwnBridge, ownAddress } from './own-address.ts';

const nothing = { bip: undefined, fixedCidr: undefined, present: [], foreign: false, otherwise: () => '172.17.0.1/16' };
const chosen = (known: Partial<OwnBridge>) => {
  const { address, range } = ownAddress({ ...nothing, ...known });
  return [address, ...(range === undefined ? [] : [range])];
};
const three = ['192.168.160.88/20', '192.168.176.88/20', '192.168.192.88/20'];

test.each<[of: string, known: Partial<OwnBridge>, expected: string[]]>([
  ['nothing', {}, ['172.17.0.1/16']],
  ['bip', { bip: '10.1.0.1/24', present: three }, ['10.1.0.1/24']],
  ['bip and range', { bip: '10.1.0.1/24', fixedCidr: '10.1.0.64/28' }, ['10.1.0.1/24', '10.1.0.64/28']],
  ['what the bridge has', { present: three }, ['192.168.160.88/20']],
  ['range alone', { fixedCidr: '192.168.176.0/24' }, ['192.168.176.1/24', '192.168.176.0/24']],
  [
    'range in the bridge’s subnet',
    { fixedCidr: '192.168.176.0/24', present: ['192.168.176.88/20'] },
    ['192.168.176.88/20', '192.168.176.0/24'],
  ],
  [
    'range around the bridge’s subnet',
    { fixedCidr: '192.168.176.0/20', present: ['192.168.176.88/24'] },
    ['192.168.176.88/20', '192.168.176.0/20'],
  ],
  [
    'range beside the bridge’s subnet',
    { fixedCidr: '192.168.177.0/24', present: ['192.168.176.88/24'] },
    ['192.168.177.1/24', '192.168.177.0/24'],
  ],
  ['somebody else’s bridge', { foreign: true, present: three }, ['192.168.160.88/20']],
  [
    'somebody else’s bridge, range in one of its subnets',
    { foreign: true, fixedCidr: '192.168.177.0/24', present: three },
    ['192.168.176.88/20', '192.168.177.0/24'],
  ],
  [
    'somebody else’s bridge, range around its subnet',
    { foreign: true, fixedCidr: '192.168.176.0/20', present: ['192.168.176.88/24'] },
    ['192.168.176.88/24'],
  ],
  [
    'somebody else’s bridge, range beside its subnet',
    { foreign: true, fixedCidr: '192.168.176.0/24', present: ['192.168.160.88/20'] },
    ['192.168.160.88/20'],
  ],
  [
    'somebody else’s bridge without an address',
    { foreign: true, fixedCidr: '192.168.176.0/24' },
    ['192.168.176.1/24', '192.168.176.0/24'],
  ],
])('the default bridge’s address, by %s', (_, known, expected) => {
  expect(chosen(known)).toEqual(expected);
});
