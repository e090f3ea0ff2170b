import { expect, test } from 'bun:test';
import { parseFlags } from '../flags/index.ts';
import { createFlags } from './flags.ts';
import { createRequest } from './request.ts';
import { parseMount, parseVolumes } from './resources/mounts.ts';
import { parseUlimit } from './values/values.ts';

function request(line: string) {
  const { values, given, args } = parseFlags(createFlags, line.split(' '), false);
  return createRequest({ flags: values, given, args, env: { HERE: 'yes' } });
}

test('what is not said is not sent as something', () => {
  const { Image, Cmd, Entrypoint, HostConfig, AttachStdout, AttachStdin, OpenStdin } = request('img');
  expect({ Image, Cmd, Entrypoint, AttachStdout, AttachStdin, OpenStdin }).toEqual({
    Image: 'img',
    Cmd: undefined,
    Entrypoint: undefined,
    AttachStdout: true,
    AttachStdin: false,
    OpenStdin: false,
  } as never);
  expect(HostConfig.NetworkMode).toBe('default');
  expect(HostConfig.PidsLimit).toBeUndefined();
});

test('flags find their fields', () => {
  const { HostConfig, Env, Labels, StdinOnce } = request(
    '-i -e A=b -e HERE -e GONE -l x=y -l z -m 1.5g --cpus 0.25 --ulimit nofile=1:2 --cap-add net_admin --tmpfs /t:size=1m --net none img sh',
  );
  expect(Env).toEqual(['A=b', 'HERE=yes']);
  expect(Labels).toEqual({ x: 'y', z: '' });
  expect(StdinOnce).toBe(true);
  expect(HostConfig).toMatchObject({
    Memory: 1_610_612_736,
    NanoCpus: 250_000_000,
    Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
    CapAdd: ['CAP_NET_ADMIN'],
    Tmpfs: { '/t': 'size=1m' },
    NetworkMode: 'none',
  } as never);
});

test('volumes', () => {
  expect(parseVolumes(['/a:/b:ro', 'name:/c', '/d', './x:/y'])).toEqual({
    binds: ['/a:/b:ro', 'name:/c', `${process.cwd()}/x:/y`],
    anonymous: { '/d': {} },
  });
  expect(() => parseVolumes(['/a::'])).toThrow('invalid spec: /a::: empty section between colons');
});

test('mounts', () => {
  expect(parseMount('type=bind,src=/a,dst=/b,ro,bind-propagation=rslave')).toEqual({
    Type: 'bind',
    Source: '/a',
    Target: '/b',
    ReadOnly: true,
    BindOptions: { Propagation: 'rslave' },
  } as never);
  expect(() => parseMount('type=bind')).toThrow('target is required');
  expect(() => parseMount('foo=bar')).toThrow("unexpected key 'foo' in 'foo=bar'");
});

test('limits', () => {
  expect(parseUlimit('core=-1')).toEqual({ Name: 'core', Soft: -1, Hard: -1 });
  expect(() => parseUlimit('nofile=2:1')).toThrow('ulimit soft limit must be less than or equal to hard limit: 2 > 1');
});
