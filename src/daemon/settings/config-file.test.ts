import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseFlags } from './flags.ts';
import { settle } from './settings.ts';

const directory = mkdtempSync(join(tmpdir(), 'tug-file-'));
const path = join(directory, 'tug.json');
afterAll(() => rmSync(directory, { recursive: true }));

function read(text: string, ...flags: string[]) {
  writeFileSync(path, text);
  return settle(parseFlags([`--config-file=${path}`, ...flags]));
}

const into = 'invalid JSON: json: cannot unmarshal';
const merged = 'merged configuration validation from file and command line flags failed: ';
const twice = 'the following directives are specified both as a flag and in the configuration file: ';

/** What Docker's daemon says of the same files. */
test.each<[text: string, words: string, ...flags: string[]]>([
  ['{"y":{"z":1},"x":1}', "the following directives don't match any configuration option: z, x"],
  ['{"Debug":true}', "the following directives don't match any configuration option: Debug"],
  ['{"proxies":{"x":1}}', "the following directives don't match any configuration option: x"],
  ['{"debug":"x"}', `${into} string into Go struct field Config.debug of type bool`],
  ['{"mtu":"a"}', `${into} string into Go struct field Config.mtu of type int`],
  ['{"shutdown-timeout":1.5}', `${into} number 1.5 into Go struct field Config.shutdown-timeout of type int`],
  ['{"labels":[{}]}', `${into} object into Config.labels.0 of type string`],
  ['{"dns":[{}]}', `${into} object into Config.dns.0 of type net.IP: JSON value must be string type`],
  ['{"log-opts":[{}]}', `${into} array into Go struct field Config.log-opts of type map[string]string`],
  ['{"log-opts":{"max-size":5}}', `${into} number into Go struct field Config.log-opts.max-size of type string`],
  ['{"features":{"a":1}}', `${into} number into Go struct field Config.features.a of type bool`],
  ['[]', `${into} array into Go value of type map[string]interface {}`],
  ['{bad', "invalid JSON: invalid character 'b' looking for beginning of object key string"],
  ['{"debug":true', 'invalid JSON: unexpected end of JSON input'],
  ['{"dns":["x"]}', 'invalid JSON: invalid IP address: x'],
  ['{"default-shm-size":"64q"}', "invalid JSON: invalid suffix: 'q'"],
  ['{"default-shm-size":64}', 'invalid JSON: invalid size: "64"'],
  ['{"default-address-pools":[{"base":"zz","size":4}]}', 'invalid JSON: netip.ParsePrefix("zz"): no \'/\''],
  [
    '{"host-gateway-ip":"1.2.3.4","host-gateway-ips":["1.2.3.4"]}',
    'host-gateway-ip and host-gateway-ips must not both be specified in the config file',
  ],
  ['{"max-concurrent-downloads":-1}', `${merged}invalid max concurrent downloads: -1`],
  ['{"mtu":-1}', `${merged}invalid default MTU: -1`],
  ['{"labels":["a"]}', `${merged}bad attribute format: a`],
  ['{"log-level":"x"}', `${merged}invalid logging level: x`],
  ['{"log-format":"x"}', `${merged}invalid log format: x`],
  ['{"hosts":["foo://x"]}', `${merged}invalid bind address (foo://x): unsupported proto 'foo'`],
  ['{"dns-search":["a_b..c"]}', `${merged}a_b..c is not a valid domain`],
  [
    '{"default-ipc-mode":"host"}',
    `${merged}IPC mode "host" is not supported as default value; use "shareable" or "private"`,
  ],
  ['{"default-ipc-mode":"zz"}', `${merged}default IPC mode setting (zz) is invalid; use "shareable" or "private"`],
  ['{"default-cgroupns-mode":"zz"}', `${merged}invalid default cgroup namespace (zz): use "host" or "private"`],
  ['{"exec-opts":["a"]}', `${merged}invalid exec-opt (a): must be formatted 'opt=value'`],
  ['{"exec-opts":["a=b"]}', `${merged}invalid exec-opt (a=b): unknown option: 'a'`],
  ['{"debug":true}', `${twice}debug: (from flag: true, from file: true)`, '--debug'],
  ['{"labels":["a=b"]}', `${twice}labels: (from flag: [c=d], from file: [a=b])`, '--label=c=d'],
  ['{"mtu":1400}', `${twice}mtu: (from flag: 1300, from file: 1400)`, '--mtu=1300'],
  [
    '{"log-opts":{"max-size":"5"}}',
    `${twice}log-opts: (from flag: map[max-file:3], from file: map[max-size:5])`,
    '--log-opt=max-file=3',
  ],
])('%s is refused', (text, words, ...flags) => {
  const refusal = `unable to configure the Docker daemon with file ${path}: ${words}`;
  expect(() => read(text, ...flags)).toThrow(new Error(refusal));
});

test.each(['', ' \n', 'null', '\ufeff{}', '{"debug": null}', '{"builder": {"gc": {"enabled": true}}}'])(
  '%j says nothing',
  (text) => {
    expect(read(text)).toEqual(read('{}'));
  },
);

test('what dockerd has and this engine has not is refused or has a reason, unless nothing is asked', () => {
  expect(() => read('{"storage-opts": ["a=b"]}')).toThrow('storage-opts is not supported: ');
  expect(() => read('{"iptables": false}')).toThrow('iptables is not supported: ');
  expect(() => read('{"exec-opts": ["native.cgroupdriver=systemd"]}')).not.toThrow();
  const same = '{"iptables": true, "exec-opts": ["native.cgroupdriver=cgroupfs"]}';
  expect(read(same).idle).toEqual([]);
  expect(read('{"containerd": "/run/x"}').idle).toEqual([expect.stringMatching(/^containerd has no effect: /)]);
});

test('settings that are put together, and what they come to', () => {
  const text = JSON.stringify({
    proxies: { 'http-proxy': 'http://proxy:1', 'no-proxy': 'a,b' },
    runtimes: { a: { path: '/a' } },
    'host-gateway-ip': '192.0.2.1',
    labels: ['a=b', 'a=b'],
    'registry-mirrors': ['https://mirror.example'],
    'live-restore': false,
    'default-ulimits': { nofile: { Hard: 2, Soft: 1 } },
  });
  expect(read(text, '--add-runtime=b=/b')).toMatchObject({
    proxies: { HTTP_PROXY: 'http://proxy:1', NO_PROXY: 'a,b' },
    runtimes: { a: { path: '/a', args: [] }, b: { path: '/b', args: [] } },
    network: { hostGateway: '192.0.2.1' },
    labels: ['a=b'],
    registry: { mirrors: ['https://mirror.example/'] },
    liveRestore: false,
    containers: { ulimits: [{ Name: 'nofile', Hard: 2, Soft: 1 }] },
  });
  expect(() => read('{"labels": ["a=b", "a=c"]}')).toThrow(new Error('conflict labels for a=c and a=b'));
});

test('with TLS and no address the engine listens where Docker does then', () => {
  expect(read('{"tlsverify": true}').hosts).toEqual([{ kind: 'tcp', host: 'localhost', port: 2376 }]);
});
