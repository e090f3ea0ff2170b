import { expect, test } from 'bun:test';
import { containers, useRoom } from '../testing/room.ts';
import { linkEnv } from './link-env.ts';

useRoom();

const create = (name: string, Links: string[] = [], extra: object = {}) =>
  containers.create({ name, body: { Image: 'busybox', Cmd: ['x'], HostConfig: { Links, ...extra } } });

const links = async (name: string) => (await containers.inspect(name, { size: false })).HostConfig?.Links;

test('the variables of a link, in Docker’s order', () => {
  const child = { name: '/web/my-db', address: '172.17.0.2', env: ['A=b c', 'PATH=/bin', 'HOME=/', 'BARE', 'E='] };
  expect(linkEnv({ ...child, ports: [] })).toEqual(['MY_DB_NAME=/web/my-db', 'MY_DB_ENV_A=b c', 'MY_DB_ENV_E=']);
  expect(linkEnv({ ...child, env: [], ports: ['91/udp', '90/udp', '443', '80/tcp'] })).toEqual([
    'MY_DB_PORT=tcp://172.17.0.2:80',
    'MY_DB_PORT_80_TCP=tcp://172.17.0.2:80',
    'MY_DB_PORT_80_TCP_ADDR=172.17.0.2',
    'MY_DB_PORT_80_TCP_PORT=80',
    'MY_DB_PORT_80_TCP_PROTO=tcp',
    'MY_DB_PORT_443_TCP=tcp://172.17.0.2:443',
    'MY_DB_PORT_443_TCP_ADDR=172.17.0.2',
    'MY_DB_PORT_443_TCP_PORT=443',
    'MY_DB_PORT_443_TCP_PROTO=tcp',
    'MY_DB_PORT_90_UDP=udp://172.17.0.2:90',
    'MY_DB_PORT_90_UDP_ADDR=172.17.0.2',
    'MY_DB_PORT_90_UDP_PORT=90',
    'MY_DB_PORT_90_UDP_PROTO=udp',
    'MY_DB_PORT_91_UDP=udp://172.17.0.2:91',
    'MY_DB_PORT_91_UDP_ADDR=172.17.0.2',
    'MY_DB_PORT_91_UDP_PORT=91',
    'MY_DB_PORT_91_UDP_PROTO=udp',
    'MY_DB_PORT_90_UDP_START=udp://172.17.0.2:90',
    'MY_DB_PORT_90_UDP_PORT_START=90',
    'MY_DB_PORT_90_UDP_END=udp://172.17.0.2:91',
    'MY_DB_PORT_90_UDP_PORT_END=91',
    'MY_DB_NAME=/web/my-db',
  ]);
});

test.each<[string[], object, string]>([
  [['nosuch'], {}, 'could not get container for nosuch: No such container: nosuch'],
  [['a:b:c'], {}, 'bad format for links: a:b:c'],
  [[''], {}, 'empty string specified for links'],
  [['child'], { NetworkMode: 'host' }, "conflicting options: host type networking can't be used with links."],
  [
    ['child'],
    { NetworkMode: 'container:child' },
    "conflicting options: container type network can't be used with links.",
  ],
  [['hosted'], {}, "conflicting options: host type networking can't be used with links."],
])('links %j with %j are refused', async (asked, extra, words) => {
  await create('child');
  await create('hosted', [], { NetworkMode: 'host' });
  await expect(create('parent', asked, extra)).rejects.toThrow(words);
});

test('they are shown by the names of now, found by, listed, and taken away', async () => {
  const { Id } = await create('child');
  await create('parent', ['child', 'child:db', '/child:/other/again', 'child:db']);
  expect(await links('parent')).toEqual(['/child:/parent/child', '/child:/parent/db', '/child:/parent/again']);
  expect(await links('child')).toBeNull();
  await containers.rename('child', 'kid');
  await containers.rename('parent', 'mum');
  expect(await links('mum')).toEqual(['/kid:/mum/child', '/kid:/mum/db', '/kid:/mum/again']);
  expect((await containers.inspect('/mum/db', { size: false })).Id).toBe(Id);
  const listed = await containers.list({ all: true, size: false, filters: { name: ['kid'] } });
  expect(listed[0]?.Names).toEqual(['/kid', '/mum/again', '/mum/child', '/mum/db']);
  const removeLink = (reference: string) => containers.remove(reference, { force: false, volumes: false, link: true });
  await removeLink('mum/db');
  expect(await links('mum')).toEqual(['/kid:/mum/child', '/kid:/mum/again']);
  await expect(removeLink('mum/db')).rejects.toThrow('No such container: mum/db');
  await expect(removeLink('kid')).rejects.toThrow('Conflict, cannot remove the default link name of the container');
});

test('a start needs the children to run, on the default bridge', async () => {
  await create('child');
  await create('apart', [], { NetworkMode: 'none' });
  await create('parent', ['child:db']);
  await create('other', ['apart']);
  await expect(containers.start('parent')).rejects.toThrow(
    'Cannot link to a non running container: /child AS /parent/db',
  );
  await containers.start('child');
  await containers.start('parent');
  await containers.start('apart');
  await expect(containers.start('other')).rejects.toThrow('not attached to default bridge network');
});

test('an alias with a slash before it is the name behind it', async () => {
  await create('db');
  await containers.start('db');
  await create('app', ['db:/mysql']);
  expect(await links('app')).toEqual(['/db:/app/mysql']);
  await containers.rename('app', 'other');
  expect((await containers.inspect('other/mysql', { size: false })).Name).toBe('/db');
});
