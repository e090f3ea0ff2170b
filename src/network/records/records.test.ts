import { afterAll, expect, test } from 'bun:test';
import { createMemoryStore } from '../../store/index.ts';
import { networkFilter } from './filters.ts';
import { networkJson } from './json.ts';
import type { Endpoint, Place } from './place.ts';
import { gatewaysOf } from './place.ts';
import { plainNetwork } from './record.ts';
import { createRecords } from './records.ts';

const store = createMemoryStore();
afterAll(() => store.close());

function loaded() {
  const records = createRecords(store);
  records.load();
  return records;
}

const wish = { IPAMConfig: null, Links: null, Aliases: null, DriverOpts: null, GwPriority: 0 };

test('the predefined networks have ids that outlive the engine', () => {
  const [first, second] = [loaded(), loaded()];
  expect(first.all().map(({ name, driver }) => [name, driver])).toEqual([
    ['bridge', 'bridge'],
    ['host', 'host'],
    ['none', 'null'],
  ]);
  for (const name of ['bridge', 'host', 'none']) expect(second.find(name)).toEqual(first.find(name));
});

test('a network is found by name, id or unique prefix', () => {
  const records = loaded();
  const { id } = records.find('host');
  for (const reference of ['host', id, id.slice(0, 12)]) expect(records.find(reference).name).toBe('host');
  expect(() => records.find('foo')).toThrow('network foo not found');
  expect(() => records.find('')).toThrow('not found');
});

test('inspect shows who is on a network', () => {
  const link = {
    veth: 'veth1',
    index: 9,
    ifName: 'eth0',
    inside: 16,
    v4: { address: '172.17.0.2', prefix: 16, gateway: '172.17.0.1' },
  };
  const endpoint: Endpoint = {
    endpointId: 'e1',
    networkId: 'n',
    network: 'bridge',
    mac: '02:00:00:00:00:01',
    wish,
    names: null,
    link,
  };
  const place = { containerId: 'c1', name: 'one' } as Place;
  const json = networkJson({ ...plainNetwork, id: 'n', name: 'net', driver: 'bridge', created: '' }, [
    { place, endpoint },
  ]);
  expect(json.Containers).toEqual({
    c1: {
      Name: 'one',
      EndpointID: 'e1',
      MacAddress: '02:00:00:00:00:01',
      IPv4Address: '172.17.0.2/16',
      IPv6Address: '',
    },
  });
});

const endpoint = (network: string, GwPriority = 0, v6 = ''): Endpoint => ({
  endpointId: network,
  networkId: network,
  network,
  mac: '',
  wish: { ...wish, GwPriority },
  names: null,
  link: {
    veth: '',
    index: 0,
    ifName: '',
    inside: 0,
    v4: { address: '10.0.0.2', prefix: 24, gateway: network === 'internal' ? '' : '10.0.0.1' },
    ...(v6 && { v6: { address: v6, prefix: 64, gateway: 'fd00::1' } }),
  },
});
const ways = (...endpoints: Endpoint[]) => {
  const { v4, v6 } = gatewaysOf(endpoints);
  return [v4?.network, v6?.network];
};

test('the way out is by priority, then by both protocols, then by name', () => {
  expect(ways(endpoint('b'), endpoint('a'))).toEqual(['a', undefined]);
  expect(ways(endpoint('a'), endpoint('b', 0, 'fd00::2'))).toEqual(['b', 'b']);
  expect(ways(endpoint('a', 1), endpoint('b', 0, 'fd00::2'))).toEqual(['a', 'b']);
  expect(ways(endpoint('internal'))).toEqual([undefined, undefined]);
  expect(ways()).toEqual([undefined, undefined]);
});

test('the list is filtered as Docker filters it', () => {
  const records = loaded();
  records.put({
    ...plainNetwork,
    id: 'f'.repeat(64),
    name: 'mine',
    driver: 'bridge',
    created: '3',
    labels: { a: 'b' },
  });
  const names = (filters: Record<string, string[]>, inUse = false) =>
    records
      .all()
      .filter(networkFilter(filters, () => inUse))
      .map(({ name }) => name);
  expect(names({ driver: ['null'] })).toEqual(['none']);
  expect(names({ name: ['o'] })).toEqual(['host', 'none']);
  expect(names({ type: ['builtin'] })).toEqual(['bridge', 'host', 'none']);
  expect(names({ type: ['custom'] })).toEqual(['mine']);
  expect(names({ dangling: ['true'] })).toEqual(['mine']);
  expect(names({ dangling: ['true'] }, true)).toEqual([]);
  expect(names({ scope: ['swarm'] })).toEqual([]);
  expect(names({ label: ['a'] })).toEqual(['mine']);
  expect(names({ label: ['a=b'] })).toEqual(['mine']);
  expect(names({ label: ['a=c'] })).toEqual([]);
  expect(names({ id: [records.find('bridge').id.slice(0, 8)] })).toEqual(['bridge']);
  expect(() => names({ foo: ['x'] })).toThrow("invalid filter 'foo'");
  expect(() => names({ type: ['zork'] })).toThrow("invalid filter: 'type'='zork'");
});
