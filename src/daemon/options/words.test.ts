import { expect, test } from 'bun:test';
import { parseFlags } from '../settings/flags.ts';

/** What Docker's daemon says of the same, after `invalid argument "…" for "--…" flag: `. */
test.each([
  ['mtu', 'a', 'strconv.ParseInt: parsing "a": invalid syntax'],
  ['shutdown-timeout', '1.5', 'strconv.ParseInt: parsing "1.5": invalid syntax'],
  ['default-ulimit', 'x', 'invalid ulimit argument: x'],
  ['default-ulimit', 'zz=3', 'invalid ulimit type: zz'],
  ['default-ulimit', 'nofile=5:3', 'ulimit soft limit must be less than or equal to hard limit: 5 > 3'],
  ['default-shm-size', 'z', "invalid size: 'z'"],
  ['default-shm-size', '5q', "invalid suffix: 'q'"],
  ['dns', 'x', 'invalid string being converted to IP address: x'],
  ['ip', 'x', 'failed to parse IP: "x"'],
  ['label', 'a', 'bad attribute format: a'],
  [
    'label',
    'com.docker.a=b',
    'label com.docker.a=b is not allowed: the namespaces com.docker.*, io.docker.*, and org.dockerproject.* are reserved for internal use',
  ],
  ['feature', 'a=x', 'strconv.ParseBool: parsing "x": invalid syntax'],
  ['default-address-pool', 'base=x', 'invalid base prefix "x": netip.ParsePrefix("x"): no \'/\''],
  ['default-address-pool', 'zz', "invalid field 'zz' must be a key=value pair"],
  [
    'default-address-pool',
    'base=10.0.0.0/8,size=x',
    'invalid size value: "base=10.0.0.0/8,size=x" (must be integer): strconv.Atoi: parsing "x": invalid syntax',
  ],
  ['default-address-pool', 'base=10.0.0.0/8,zz=4', "unexpected key 'zz' in 'zz=4'"],
  ['default-network-opt', 'bridge=a', 'invalid value "bridge=a" for map option, should be root-key=key=value'],
  ['registry-mirror', 'x', "invalid mirror: no scheme specified for \"x\": must use either 'https://' or 'http://'"],
  ['registry-mirror', 'https://a/?q', 'invalid mirror: query or fragment at end of the URI "https://a/?q"'],
  ['dns-search', 'a_b..c', 'a_b..c is not a valid domain'],
  ['icc', 'x', 'strconv.ParseBool: parsing "x": invalid syntax'],
])('--%s=%s is refused', (name, value, words) => {
  const quoted = JSON.stringify(value);
  expect(() => parseFlags([`--${name}=${value}`])).toThrow(`invalid argument ${quoted} for "--${name}" flag: ${words}`);
});

test('values of every kind', () => {
  const argv = [
    '--default-shm-size=1.5k',
    '--default-ulimit=nofile=1:2',
    '--default-ulimit=core=-1',
    '--default-address-pool=base=10.0.0.0/8,size=24',
    '--default-network-opt=bridge=a=b=c',
    '--feature=one',
    '--feature=two=false',
    '--log-opt=max-size=1m',
    '--dns=192.0.2.1,192.0.2.2',
    '--dns=::1',
    '--mtu=0x5dc',
    '--icc=f',
  ];
  expect([...parseFlags(argv)]).toEqual([
    ['default-shm-size', 1536],
    [
      'default-ulimit',
      new Map([
        ['nofile', { Name: 'nofile', Soft: 1, Hard: 2 }],
        ['core', { Name: 'core', Soft: -1, Hard: -1 }],
      ]),
    ],
    ['default-address-pool', [{ base: '10.0.0.0/8', size: 24 }]],
    ['default-network-opt', new Map([['bridge', { a: 'b=c' }]])],
    [
      'feature',
      new Map([
        ['one', true],
        ['two', false],
      ]),
    ],
    ['log-opt', new Map([['max-size', '1m']])],
    ['dns', ['192.0.2.1', '192.0.2.2', '::1']],
    ['mtu', 1500],
    ['icc', false],
  ]);
});
