import { expect, test } from 'bun:test';
import {
  decodeContainerCreate,
  decodeExecCreate,
  decodeExecStart,
  decodeFilters,
  decodeVolumeCreate,
} from './bodies.ts';

const refusal = (decode: () => unknown): string => {
  try {
    decode();
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
};

// Each text was asked of Docker 28.5.
const wrongTypes: [body: string, message: string][] = [
  ['{"Image":1}', 'number into Go struct field .Image of type string'],
  ['{"Env":"a"}', 'string into Go struct field .Env of type []string'],
  ['{"Env":[1]}', 'number into .Env.0 of type string'],
  ['{"Labels":{"a":1}}', 'number into Go struct field .Labels.a of type string'],
  ['{"Labels":{"5":1}}', 'number into .Labels.5 of type string'],
  ['{"Cmd":5}', 'number into Go value of type string'],
  ['{"Cmd":[5]}', 'array into Go value of type string'],
  ['{"ExposedPorts":["80/tcp"]}', 'array into Go struct field .ExposedPorts of type nat.PortSet'],
  ['{"ExposedPorts":{"80/tcp":5}}', 'number into Go struct field .ExposedPorts.80~1tcp of type struct {}'],
  ['{"Volumes":5}', 'number into Go struct field .Volumes of type map[string]struct {}'],
  ['{"Healthcheck":{"Interval":"5s"}}', 'string into Go struct field .Healthcheck.Interval of type time.Duration'],
  ['{"HostConfig":5}', 'number into Go struct field .HostConfig of type container.HostConfig'],
  ['{"HostConfig":{"Memory":1.5}}', 'number 1.5 into Go struct field .HostConfig.Memory of type int64'],
  ['{"HostConfig":{"Memory":1e3}}', 'number 1e3 into Go struct field .HostConfig.Memory of type int64'],
  [
    '{"HostConfig":{"Memory":99999999999999999999}}',
    'number 99999999999999999999 into Go struct field .HostConfig.Memory of type int64',
  ],
  ['{"HostConfig":{"BlkioWeight":70000}}', 'number 70000 into Go struct field .HostConfig.BlkioWeight of type uint16'],
  [
    '{"HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":80}]}}}',
    'number into Go struct field .HostConfig.PortBindings.80~1tcp.0.HostPort of type string',
  ],
  ['{"HostConfig":{"Mounts":[5]}}', 'number into .HostConfig.Mounts.0 of type mount.Mount'],
  ['{"HostConfig":{"Mounts":{}}}', 'object into Go struct field .HostConfig.Mounts of type []mount.Mount'],
  ['{"HostConfig":{"Ulimits":true}}', 'bool into Go struct field .HostConfig.Ulimits of type []*units.Ulimit'],
  ['{"HostConfig":{"ConsoleSize":[-1,2]}}', 'number -1 into .HostConfig.ConsoleSize.0 of type uint'],
  [
    '{"NetworkingConfig":{"EndpointsConfig":[]}}',
    'array into Go struct field .NetworkingConfig.EndpointsConfig of type map[string]*network.EndpointSettings',
  ],
  ['[]', 'array into Go value of type container.CreateRequest'],
];

test.each(wrongTypes)('%s is refused in Go’s words', (body, message) => {
  expect(refusal(() => decodeContainerCreate(body))).toBe(`invalid JSON: json: cannot unmarshal ${message}`);
});

const malformed: [body: string, message: string][] = [
  ['x', "invalid character 'x' looking for beginning of value"],
  [']', "invalid character ']' looking for beginning of value"],
  ['{"a":}', "invalid character '}' looking for beginning of value"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":"x" "b":1}', "invalid character '\"' after object key:value pair"],
  ['{"a":"é" é}', "invalid character 'é' after object key:value pair"],
  ['{"a":[1,2}', "invalid character '}' after array element"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['{"a":01}', "invalid character '1' after object key:value pair"],
  ['{"a":1.}', "invalid character '}' in numeric literal"],
  ['{"a":-}', "invalid character '}' in numeric literal"],
  ['{"a":+1}', "invalid character '+' looking for beginning of value"],
  ['{"a":tru}', "invalid character '}' in literal true (expecting 'e')"],
  ['{"a":nul', 'unexpected EOF'],
  ['{"a":"x', 'unexpected EOF'],
  ['{"a":"\t"}', "invalid character '\\t' in string"],
  ['{"a":"b\\q"}', 'invalid escape sequence `\\q` in string'],
  ['{"a":"\\u12"}', 'invalid escape sequence `\\u12"}` in string'],
  [' ', 'got EOF while reading request body'],
];

test.each(malformed)('%s is no JSON', (body, message) => {
  expect(refusal(() => decodeContainerCreate(body))).toBe(`invalid JSON: ${message}`);
});

test('what follows the value is refused', () => {
  expect(refusal(() => decodeContainerCreate('{"Image":"x"} garbage'))).toBe('unexpected content after JSON');
});

test('names in any case, unknown ones ignored, null as absent, repeated structs merged', () => {
  expect(
    decodeContainerCreate(
      '{"IMAGE":"a","nonsense":[{}],"Env":null,"Cmd":"echo","HostConfig":{"Memory":5},"hostconfig":{"privileged":true}}',
    ),
  ).toEqual({ Image: 'a', Cmd: ['echo'], HostConfig: { Memory: 5, Privileged: true } });
  expect(decodeContainerCreate('null')).toEqual({});
});

test('a runtime beside the configuration counts where the host configuration names none', () => {
  expect(decodeContainerCreate('{"Runtime":"runc"}')).toEqual({ HostConfig: { Runtime: 'runc' } });
  const both = '{"Runtime":"runc","HostConfig":{"Runtime":"crun"}}';
  expect(decodeContainerCreate(both)).toEqual({ HostConfig: { Runtime: 'crun' } });
});

test('a label may have any name, and numbers keep their limits', () => {
  const { Labels } = decodeContainerCreate('{"Labels":{"__proto__":"x","constructor":"y","n":null}}');
  expect(Object.entries(Labels ?? {})).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
    ['n', ''],
  ]);
  expect(decodeContainerCreate('{"HostConfig":{"MemorySwap":-1}}')).toEqual({ HostConfig: { MemorySwap: -1 } });
});

test('nesting as deep as a body allows is refused, not followed into the ground', () => {
  expect(refusal(() => decodeContainerCreate('['.repeat(100_000)))).toBe('invalid JSON: exceeded max depth');
});

test('the other bodies, empty or not', () => {
  expect(refusal(() => decodeExecCreate('{"Cmd":"a"}'))).toEndWith('ExecOptions.Cmd of type []string');
  expect(decodeExecCreate('{"Cmd":["a"],"ConsoleSize":[5]}')).toEqual({ Cmd: ['a'], ConsoleSize: [5, 0] });
  expect(decodeExecStart('')).toEqual({});
  expect(decodeVolumeCreate('')).toEqual({});
  expect(refusal(() => decodeVolumeCreate('{"DriverOpts":["a"]}'))).toEndWith(
    'CreateOptions.DriverOpts of type map[string]string',
  );
});

test('filters in both forms', () => {
  expect(decodeFilters('{"name":{"a":true,"b":true}}')).toEqual({ name: ['a', 'b'] });
  expect(decodeFilters('{"name":["a"],"id":[]}')).toEqual({ name: ['a'], id: [] });
  expect(decodeFilters('')).toEqual({});
  for (const bad of [
    'x',
    '["a"]',
    '{"name":"a"}',
    '{"name":[1]}',
    '{"name":{"a":"b"}}',
    '{"a":{"b":true},"c":["d"]}',
  ]) {
    expect(refusal(() => decodeFilters(bad))).toBe('invalid filter');
  }
});
