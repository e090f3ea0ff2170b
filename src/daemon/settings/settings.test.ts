import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseFlags } from './flags.ts';
import { settle } from './settings.ts';

const directory = mkdtempSync(join(tmpdir(), 'tug-settings-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(text: string): string {
  const path = join(directory, 'daemon.json');
  writeFileSync(path, text);
  return `--config-file=${path}`;
}
const withoutTls = { enabled: false, verify: undefined, declined: false };
const files = (directory: string) => ({
  caFile: join(directory, 'ca.pem'),
  certFile: join(directory, 'cert.pem'),
  keyFile: join(directory, 'key.pem'),
});
const read = (...argv: string[]) => settle(parseFlags(argv));

test('defaults', () => {
  expect(read(file('{}'))).toEqual({
    dataRoot: '/var/lib/tug',
    execRoot: '/run/tug',
    hosts: [{ kind: 'unix', path: '/run/tug/tug.sock' }],
    tls: { ...withoutTls, ...files(join(homedir(), '.docker')) },
    pidfile: '/run/tug/tug.pid',
    group: 'docker',
    metricsAddress: '',
    logLevel: 'info',
    logFormat: 'text',
    debug: false,
    experimental: false,
    selinux: false,
    runtimes: {},
    defaultRuntime: 'native',
    network: {
      bridge: 'tug0',
      strict: false,
      icc: true,
      masquerade: true,
      dns: { servers: [], search: [], options: [] },
      driverOptions: {},
    },
    containers: { logDriver: 'json-file', logOptions: {}, init: false, noNewPrivileges: false },
    cgroupParent: '/tug',
    cgroupDriver: undefined,
    buildLimits: { PidsLimit: expect.any(Number) },
    storageDriver: '',
    authorizationPlugins: [],
    labels: [],
    features: {},
    liveRestore: true,
    shutdownTimeout: 15,
    registry: { mirrors: [], insecure: [], prefixes: {}, maxDownloads: 3, maxUploads: 5, maxAttempts: 5 },
    proxies: {},
    idle: [],
  });
});

test('limits of builds', () => {
  expect(read(file('{"build-memory": "64m", "build-pids-limit": 7}')).buildLimits).toEqual({
    Memory: 64 << 20,
    PidsLimit: 7,
  });
  expect(read(file('{}'), '--build-pids-limit=-1').buildLimits).toEqual({});
});

test('an engine with data of its own has a bridge of its own', () => {
  const network = (...args: string[]) => {
    const { bridge, isTemporary } = read(...args).network;
    return [bridge, isTemporary];
  };
  expect(network('--data-root=/var/lib/tug/')).toEqual(['tug0', undefined]);
  const [one, other] = ['/srv/one', '/srv/other'].map((root) => network('--data-root', root));
  expect(one).toEqual([expect.stringMatching(/^tug[0-9a-f]{8}$/), true]);
  expect(other).not.toEqual(one);
  expect(network('--data-root=/srv/one', '--bridge=br7')).toEqual(['br7', undefined]);
});

test('flags in every spelling, and the file beside them', () => {
  const argv = ['-D', '-H', 'unix:///a', '-Hunix:///b', '--data-root', '/d', '-p=/p', file('{"bip": "10.0.0.1/24"}')];
  expect(read(...argv)).toMatchObject({
    hosts: [
      { kind: 'unix', path: '/a' },
      { kind: 'unix', path: '/b' },
    ],
    dataRoot: '/d',
    pidfile: '/p',
    logLevel: 'debug',
    network: { bip: '10.0.0.1/24' },
  });
  expect(read('-H', 'unix:///a', '-H=:2375', '-H', 'tcp://localhost:2375', '--host=unix:///a').hosts).toEqual([
    { kind: 'unix', path: '/a' },
    { kind: 'tcp', host: 'localhost', port: 2375 },
  ]);
  expect(read(file('{"hosts": ["unix:///c"], "debug": true}'))).toMatchObject({
    hosts: [{ kind: 'unix', path: '/c' }],
    debug: true,
  });
});

test.each([
  [['--foo'], 'unknown flag: --foo'],
  [['-x'], "unknown shorthand flag: 'x' in -x"],
  [['--data-root'], 'flag needs an argument: --data-root'],
  [['--debug=x'], 'invalid argument "x" for "-D, --debug" flag: strconv.ParseBool: parsing "x": invalid syntax'],
  [
    ['-H', 'foo://x'],
    'invalid argument "foo://x" for "-H, --host" flag: invalid bind address (foo://x): unsupported proto \'foo\'',
  ],
  [['-l', 'foo'], 'invalid logging level: foo'],
  [['--config-file=/nosuch'], 'open /nosuch: no such file or directory'],
])('%p is refused', (argv, words) => {
  expect(() => read(...argv)).toThrow(words);
});

test.each([
  ['{"foo": 1}', "the following directives don't match any configuration option: foo"],
  [
    '{"data-root": 1}',
    'invalid JSON: json: cannot unmarshal number into Go struct field Config.data-root of type string',
  ],
  ['{"debug": true,', 'invalid JSON'],
  [
    '{"hosts": ["unix:///b"]}',
    'the following directives are specified both as a flag and in the configuration file: hosts: (from flag: [unix:///a], from file: [unix:///b])',
  ],
])('a file with %s is refused', (text, words) => {
  expect(() => read('-H', 'unix:///a', file(text))).toThrow(words);
});

test('runtimes: by flag, by file with arguments, as containerd has them; refused in Docker’s words', () => {
  const flags = read('--add-runtime', 'a=/bin/a', '--add-runtime=B = b', '--default-runtime=a', file('{}'));
  expect(flags).toMatchObject({
    runtimes: { a: { path: '/bin/a', args: [] }, b: { path: 'b', args: [] } },
    defaultRuntime: 'a',
  });
  const crun = { runtimeType: 'io.containerd.runc.v2', options: { BinaryName: '/usr/bin/crun' } };
  const written = { x: { path: '/x', runtimeArgs: ['--debug', 'a b'] }, crun };
  expect(read(file(JSON.stringify({ runtimes: written }))).runtimes).toEqual({
    x: { path: '/x', args: ['--debug', 'a b'] },
    crun: { path: '/usr/bin/crun', args: [] },
  });
  const refused: [argv: () => string[], words: string][] = [
    [() => ['--add-runtime=x'], 'invalid argument "x" for "--add-runtime" flag: invalid runtime argument: x'],
    [() => ['--add-runtime=runc=/x'], "runtime name 'runc' is reserved"],
    [() => ['--add-runtime=a=/x', '--add-runtime=A=/y'], "runtime 'a' was already defined"],
    [() => [file('{"runtimes": {"a": {}}}')], 'runtime a: either a runtimeType or a path must be configured'],
    [() => [file('{"runtimes": {"a": {"runtimeType": "io.containerd.kata.v2"}}}')], 'is not supported'],
    [() => [file('{"runtimes": {"a": {"path": "/a", "runtimeArgs": "x"}}}')], 'runtimeArgs must be a list of strings'],
    [
      () => [file('{"runtimes": []}')],
      'cannot unmarshal array into Go struct field Config.runtimes of type map[string]system.Runtime',
    ],
  ];
  for (const [argv, words] of refused) expect(() => read(...argv())).toThrow(words);
});

test.each([
  ['tcp://', 'localhost', 2375],
  ['tcp://0.0.0.0:99', '0.0.0.0', 99],
  ['tcp://:99', 'localhost', 99],
  ['[::1]:99', '::1', 99],
  ['10.0.0.1', '10.0.0.1', 2375],
])('%s is a port', (text, host, port) => {
  expect(read('-H', text, file('{}')).hosts).toEqual([{ kind: 'tcp', host, port }]);
});

test.each([
  ['tcp://a/b', 'should not contain a path element'],
  ['tcp://a:x', 'invalid port: x'],
  ['tcp://a:0', 'invalid port: 0'],
  ['tcp://a:70000', 'invalid port: 70000'],
  ['unix://a', 'must be absolute'],
])('%s is no address', (text, words) => {
  expect(() => read('-H', text, file('{}'))).toThrow(words);
});

test('whoever speaks of the check of clients wants TLS, and who declines it means it', () => {
  const tls = (...argv: string[]) => read(...argv, file('{}')).tls;
  expect(tls('--tls')).toMatchObject({ enabled: true, verify: true, declined: false });
  expect(tls('--tlsverify', '--tlscert=/c')).toMatchObject({ enabled: true, verify: true, certFile: '/c' });
  expect(tls('--tlsverify=false')).toMatchObject({ enabled: true, verify: false, declined: true });
  expect(tls('--tls=false')).toMatchObject({ enabled: false, declined: true });
  expect(read(file('{"tlsverify": true, "tlskey": "/k"}')).tls).toMatchObject({ enabled: true, keyFile: '/k' });
});
