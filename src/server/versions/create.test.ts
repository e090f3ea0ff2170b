import { expect, test } from 'bun:test';
import type { ContainerCreateRequest } from '../../api/index.ts';
import { adaptCreate } from './create.ts';

const withSysctls = () => ({ HostConfig: { Sysctls: { 'net.ipv6.conf.eth0.forwarding': '1', 'kernel.x': '2' } } });
const adapted = (body: ContainerCreateRequest, version: string) => ({ ...adaptCreate(body, version), body });

test('what a version did not know yet is dropped', () => {
  const HostConfig = { AutoRemove: true, Annotations: { a: 'b' }, ConsoleSize: [9, 9] as [number, number] };
  const old = adapted({ HostConfig, Healthcheck: { Test: ['NONE'], StartInterval: 5 } }, '1.24');
  expect(old.body.HostConfig).toEqual({
    AutoRemove: false,
    ConsoleSize: [0, 0],
    IpcMode: 'shareable',
    NetworkMode: 'bridge',
  });
  expect(old.body.Healthcheck).toEqual({ Test: ['NONE'] });
  expect(old.readOnlyNonRecursive).toBe(true);
  const now = { AutoRemove: true, Annotations: { a: 'b' }, ConsoleSize: [9, 9] as [number, number], NetworkMode: 'x' };
  expect(adapted({ HostConfig: { ...now } }, '1.51')).toMatchObject({
    body: { HostConfig: now },
    readOnlyNonRecursive: false,
    warnings: [],
  });
});

test.each<[string, ContainerCreateRequest, string]>([
  [
    '1.43',
    { HostConfig: { Mounts: [{ Type: 'bind', BindOptions: { ReadOnlyForceRecursive: true } }] } },
    'BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer',
  ],
  [
    '1.44',
    { HostConfig: { Mounts: [{ Type: 'volume', VolumeOptions: { Subpath: 'a' } }] } },
    'VolumeOptions.Subpath needs API v1.45 or newer',
  ],
  ['1.47', { HostConfig: { Mounts: [{ Type: 'image' }] } }, 'Mount type "Image" needs API v1.48 or newer'],
  [
    '1.43',
    { NetworkingConfig: { EndpointsConfig: { a: {}, b: {} } } },
    'Container cannot be created with multiple network endpoints: a, b',
  ],
])('%s refuses what came later', (version, body, words) => {
  expect(() => adaptCreate(body, version)).toThrow(words);
});

test('the container’s own MAC address becomes its endpoint’s, with a warning since 1.44', () => {
  const old = adapted({ MacAddress: '02:42:ac:11:00:01' }, '1.43');
  expect(old.body.NetworkingConfig?.EndpointsConfig).toEqual({ bridge: { MacAddress: '02:42:ac:11:00:01' } });
  expect(old.warnings).toEqual([]);
  const now = adapted({ MacAddress: '02:42:ac:11:00:01', HostConfig: { NetworkMode: 'mine' } }, '1.51');
  expect(now.body.NetworkingConfig?.EndpointsConfig).toEqual({ mine: { MacAddress: '02:42:ac:11:00:01' } });
  expect(now.body.MacAddress).toBeUndefined();
  expect(now.warnings).toEqual([expect.stringContaining('container-wide MacAddress field is now deprecated')]);
  const other = { NetworkingConfig: { EndpointsConfig: { bridge: { MacAddress: 'a' } } }, MacAddress: 'b' };
  expect(() => adaptCreate(other, '1.51')).toThrow('must match the endpoint-specific MAC address');
  const dropped = adapted({ NetworkingConfig: { EndpointsConfig: { default: { MacAddress: 'a' } } } }, '1.43');
  expect(dropped.body.NetworkingConfig?.EndpointsConfig).toEqual({ bridge: {} });
});

test('a sysctl of an interface becomes an option of its endpoint until 1.47', () => {
  const old = adapted(withSysctls(), '1.47');
  expect(old.body).toMatchObject({
    HostConfig: { Sysctls: { 'kernel.x': '2' } },
    NetworkingConfig: {
      EndpointsConfig: {
        bridge: { DriverOpts: { 'com.docker.network.endpoint.sysctls': 'net.ipv6.conf.IFNAME.forwarding=1' } },
      },
    },
  });
  expect(old.warnings).toEqual([
    'Migrated sysctl "net.ipv6.conf.eth0.forwarding" to DriverOpts{"com.docker.network.endpoint.sysctls":"net.ipv6.conf.IFNAME.forwarding=1"}.',
  ]);
  expect(() => adaptCreate(withSysctls(), '1.48')).toThrow('must be supplied using driver option');
});

test('a volume driver that has no effect on a mount is warned of', () => {
  const HostConfig = { VolumeDriver: 'x', Mounts: [{ Type: 'volume' as const, Target: '/a' }] };
  expect(adapted({ HostConfig }, '1.48').warnings).toEqual([expect.stringContaining('volume-driver configuration')]);
  expect(adapted({ HostConfig }, '1.47').warnings).toEqual([]);
});
