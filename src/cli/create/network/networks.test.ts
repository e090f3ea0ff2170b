import { expect, test } from 'bun:test';
import { parseCsv } from '../../../kit/index.ts';
import { proxyVariables } from '../local/proxies.ts';
import { parseDevices } from '../resources/devices.ts';
import { parseGpus } from '../resources/gpus.ts';
import { parseNetwork } from './networks.ts';

test('values between commas', () => {
  expect(parseCsv('a=1,"b=2,3","c=""x""",')).toEqual(['a=1', 'b=2,3', 'c="x"', '']);
  expect(() => parseCsv('a"b')).toThrow('parse error on line 1, column 2: bare " in non-quoted-field');
  expect(() => parseCsv('"a')).toThrow('extraneous or missing " in quoted-field');
});

test('networks by name and by fields', () => {
  expect(parseNetwork('front')).toMatchObject({ target: 'front', aliases: [] });
  expect(parseNetwork('name=Front,alias=a,alias=b,ip=1.2.3.4,driver-opt=k=v,gw-priority=-1')).toMatchObject({
    target: 'front',
    aliases: ['a', 'b'],
    ip: '1.2.3.4',
    driverOptions: { k: 'v' },
    gatewayPriority: -1,
  });
  expect(() => parseNetwork('alias=a')).toThrow('network name/id is not specified');
  expect(() => parseNetwork('name=a,x')).toThrow('invalid field x');
});

test('devices of this host and by name', () => {
  const { mappings, cdi } = parseDevices(['/dev/a', '/dev/a:/dev/b:rw', '/dev/a:rw', 'vendor.com/net=one']);
  expect(mappings).toEqual([
    { PathOnHost: '/dev/a', PathInContainer: '/dev/a', CgroupPermissions: 'rwm' },
    { PathOnHost: '/dev/a', PathInContainer: '/dev/b', CgroupPermissions: 'rw' },
    { PathOnHost: '/dev/a', PathInContainer: '/dev/a', CgroupPermissions: 'rw' },
  ]);
  expect(cdi).toEqual(['vendor.com/net=one']);
});

test('gpus', () => {
  expect(parseGpus('all')).toMatchObject({ Count: -1, Capabilities: [['gpu']] });
  expect(parseGpus('"device=0,1",capabilities=utility')).toMatchObject({
    Count: 0,
    DeviceIDs: ['0', '1'],
    Capabilities: [['utility', 'gpu']],
  });
  expect(parseGpus('driver=x')).toMatchObject({ Driver: 'x', Count: 1 });
});

test('proxies of the engine that is meant, but for what is given', () => {
  const proxies = { default: { httpProxy: 'd' }, 'unix:///x': { httpProxy: 'x', noProxy: 'n' } };
  expect(proxyVariables(proxies, 'unix:///x', ['http_proxy=mine', 'NO_PROXY'])).toEqual(['HTTP_PROXY=x', 'no_proxy=n']);
  expect(proxyVariables(proxies, 'unix:///y', [])).toEqual(['HTTP_PROXY=d', 'http_proxy=d']);
});
