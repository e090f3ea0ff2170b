import { afterAll, expect, test } from 'bun:test';
import { createMemoryStore } from '../store/index.ts';
import type { Endpoint } from './endpoints.ts';
import { createPredefined } from './predefined.ts';

const store = createMemoryStore();
afterAll(() => store.close());
const facts = { name: 'tug0', subnet: '172.17.0.0/16', gateway: '172.17.0.1', mtu: 1500 };

test('ids and the bridge’s address outlive the engine', () => {
  const first = createPredefined(store);
  expect(first.prepare()).toBeUndefined();
  first.remember('172.17.0.1/16');
  const second = createPredefined(store);
  expect(second.prepare()).toBe('172.17.0.1/16');
  for (const name of ['bridge', 'host', 'none'] as const) expect(second.get(name)).toEqual(first.get(name));
});

test('a network is found by name, id or unique prefix', () => {
  const predefined = createPredefined(store);
  predefined.prepare();
  const { id } = predefined.get('host');
  for (const reference of ['host', id, id.slice(0, 12)])
    expect(predefined.inspect(reference, [], facts).Name).toBe('host');
  expect(() => predefined.inspect('foo', [], facts)).toThrow('network foo not found');
  expect(() => predefined.inspect('', [], facts)).toThrow('not found');
});

test('inspect shows who is on a network, the list does not', () => {
  const predefined = createPredefined(store);
  predefined.prepare();
  const endpoint: Endpoint = {
    containerId: 'c1',
    name: 'one',
    network: 'bridge',
    endpointId: 'e1',
    mac: '02:00:00:00:00:01',
    link: { veth: 'veth1', index: 9, address: '172.17.0.2', prefix: 16, gateway: '172.17.0.1' },
    ports: [],
  };
  expect(predefined.inspect('bridge', [endpoint], facts).Containers).toEqual({
    c1: {
      Name: 'one',
      EndpointID: 'e1',
      MacAddress: '02:00:00:00:00:01',
      IPv4Address: '172.17.0.2/16',
      IPv6Address: '',
    },
  });
  expect(predefined.inspect('host', [endpoint], facts).Containers).toEqual({});
  expect(predefined.list({}, facts).map(({ Name, Driver }) => [Name, Driver])).toEqual([
    ['bridge', 'bridge'],
    ['host', 'host'],
    ['none', 'null'],
  ]);
});

test('the list is filtered as Docker filters it', () => {
  const predefined = createPredefined(store);
  predefined.prepare();
  const names = (filters: Record<string, string[]>) => predefined.list(filters, facts).map(({ Name }) => Name);
  expect(names({ driver: ['null'] })).toEqual(['none']);
  expect(names({ name: ['o'] })).toEqual(['host', 'none']);
  expect(names({ type: ['builtin'] })).toEqual(['bridge', 'host', 'none']);
  expect(names({ type: ['custom'] })).toEqual([]);
  expect(names({ dangling: ['true'] })).toEqual([]);
  expect(names({ scope: ['swarm'] })).toEqual([]);
  expect(names({ id: [predefined.get('bridge').id.slice(0, 8)] })).toEqual(['bridge']);
  expect(() => names({ foo: ['x'] })).toThrow("invalid filter 'foo'");
  expect(() => names({ type: ['zork'] })).toThrow("invalid filter: 'type'='zork'");
});
