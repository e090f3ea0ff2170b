import { expect, test } from 'bun:test';
import { type NetworkRecord, plainNetwork } from '../records/record.ts';
import { checkParent } from './line.ts';
import { lineOptions, vlanOf } from './options.ts';

const network = (id: string, options: Record<string, string>, driver = 'macvlan'): NetworkRecord => ({
  ...plainNetwork,
  id,
  name: id,
  driver,
  created: '',
  options,
});

test('modes are the kernel’s numbers, Docker’s where none is named', () => {
  expect(lineOptions('macvlan', { parent: 'eth0' })).toEqual({
    parent: 'eth0',
    mode: 'bridge',
    modeNumber: 4,
    flagNumber: 0,
  });
  expect(lineOptions('ipvlan', { ipvlan_mode: 'l3s', ipvlan_flag: 'vepa' })).toMatchObject({
    modeNumber: 2,
    flagNumber: 2,
  });
});

test('nonsense is refused in Docker’s words', () => {
  const words: [() => unknown, string][] = [
    [() => lineOptions('macvlan', { macvlan_mode: 'l2' }), "requested macvlan mode 'l2' is not valid"],
    [() => lineOptions('ipvlan', { ipvlan_flag: 'x' }), "requested ipvlan flag 'x' is not valid"],
    [() => lineOptions('ipvlan', { parent: 'lo' }), 'loopback interface is not a valid ipvlan parent link'],
    [() => vlanOf('eth0'), 'invalid subinterface vlan name eth0, example formatting is eth0.10'],
    [() => vlanOf('eth0.4095'), 'vlan id must be between 1-4094, received: 4095'],
  ];
  for (const [work, text] of words) expect(work).toThrow(text);
  expect(vlanOf('eth0.10')).toEqual({ below: 'eth0', id: 10 });
});

test('who passes everything through has its parent for itself', () => {
  const alone = network('one', { parent: 'eth0', macvlan_mode: 'passthru' });
  const shared = network('two', { parent: 'eth0' });
  expect(() => checkParent(shared, [alone])).toThrow(
    'macvlan network one is already using parent interface eth0 in mode passthru',
  );
  expect(() => checkParent(alone, [shared])).toThrow(
    'cannot use mode passthru, macvlan network two is already using parent interface eth0',
  );
  checkParent(shared, [network('three', { parent: 'eth0' }), network('four', { parent: 'eth0' }, 'ipvlan')]);
});
