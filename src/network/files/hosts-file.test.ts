import { expect, test } from 'bun:test';
import { hostsFile } from './hosts-file.ts';

const base = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;
const plain = { hostname: 'box', domainname: '', extraHosts: [], gateway: '172.17.0.1', addresses: [] };

test('a container finds itself by its short and its full name', () => {
  expect(hostsFile({ ...plain, addresses: ['172.17.0.3'] })).toBe(`${base}172.17.0.3\tbox\n`);
  const full = `${base}172.17.0.3\tfoo.bar.org foo\n`;
  expect(hostsFile({ ...plain, hostname: 'foo', domainname: 'bar.org', addresses: ['172.17.0.3'] })).toBe(full);
  expect(hostsFile({ ...plain, hostname: 'foo.bar.org', addresses: ['172.17.0.3'] })).toBe(full);
  expect(hostsFile(plain)).toBe(base);
});

test('--add-host stands before the container’s own line', () => {
  const extraHosts = ['a:1.2.3.4', 'b:host-gateway', 'c:::1', 'd=5.6.7.8', 'e:[fd00::1]'];
  expect(hostsFile({ ...plain, extraHosts, addresses: ['172.17.0.3'] })).toBe(
    `${base}1.2.3.4\ta\n172.17.0.1\tb\n::1\tc\n5.6.7.8\td\nfd00::1\te\n172.17.0.3\tbox\n`,
  );
});
