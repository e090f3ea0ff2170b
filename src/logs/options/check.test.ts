import { expect, test } from 'bun:test';
import { messageOf } from '../../kit/index.ts';
import { logBounds } from './bounds.ts';
import { checkLogOptions, isReadable, logDrivers } from './check.ts';

type Case = [driver: string, options: Record<string, string>, words: string];
type Cases = ([driver: string, options: Record<string, string>] | Case)[];

/** No words: it is taken. */
const worded = (cases: Cases): Case[] => cases.map(([driver, options, words = '']) => [driver, options, words]);

const said = (work: () => unknown): string => {
  try {
    work();
    return '';
  } catch (error) {
    return messageOf(error);
  }
};

const fluentd = (text: string) => ({ 'fluentd-address': text });
const address = (text: string) => ({ 'syslog-address': text });

// The words are those of a real Docker 28.5.
const creations: Cases = [
  ['bogus', {}, 'error looking up logging plugin bogus: plugin "bogus" not found'],
  [
    'awslogs',
    {},
    'the log driver awslogs is not supported here: use one of fluentd, gelf, journald, json-file, local and syslog',
  ],
  ['none', { mode: 'foo' }],
  ['json-file', { bogus: '1' }, "unknown log opt 'bogus' for json-file log driver"],
  ['json-file', { 'cache-disabled': 'true', 'cache-max-size': 'x' }],
  ['local', { labels: 'a' }, "unknown log opt 'labels' for log driver local"],
  ['json-file', { mode: 'foo' }, 'logger: logging mode not supported: foo'],
  ['local', { 'max-buffer-size': '1m' }, "logger: max-buffer-size option is only supported with 'mode=non-blocking'"],
  [
    'local',
    { mode: 'non-blocking', 'max-buffer-size': '10x' },
    "error parsing option max-buffer-size: invalid suffix: 'x'",
  ],
  ['syslog', {}],
  ['syslog', { 'max-size': '1m' }, "unknown log opt 'max-size' for syslog log driver"],
  ['syslog', { 'cache-disabled': 'x' }, 'invalid value for option cache-disabled: x'],
  ['syslog', address('foo://x'), "unsupported scheme: 'foo'"],
  ['syslog', address('localhost:514'), "unsupported scheme: 'localhost'"],
  ['syslog', address('127.0.0.1:514'), 'parse "127.0.0.1:514": first path segment in URL cannot contain colon'],
  ['syslog', address('tcp://127.0.0.1:x'), 'parse "tcp://127.0.0.1:x": invalid port ":x" after host'],
  ['syslog', address('tcp://[::1'), `parse "tcp://[::1": missing ']' in host`],
  ['syslog', address(':'), 'parse ":": missing protocol scheme'],
  ['syslog', address('unix:///nosuch'), 'stat /nosuch: no such file or directory'],
  ['syslog', address('tcp+tls://[::1]:6514')],
  ['syslog', address('udp://server')],
  ['syslog', { 'syslog-facility': 'local7', 'syslog-format': 'rfc5424micro' }],
  ['syslog', { 'syslog-facility': '23' }],
  ['syslog', { 'syslog-facility': '24' }, 'invalid syslog facility'],
  ['syslog', { 'syslog-facility': '-' }, 'invalid syslog facility'],
  ['syslog', { 'syslog-format': 'foo' }, 'Invalid syslog format'],
  ['journald', { labels: 'a', tag: 'x' }],
  ['journald', { foo: '1' }, "unknown log opt 'foo' for journald log driver"],
  ['fluentd', { x: '1' }, "unknown log opt 'x' for fluentd log driver"],
  ['fluentd', fluentd('foo://x'), "invalid fluentd-address (foo://x): unsupported scheme: 'foo'"],
  ['fluentd', fluentd('tcp://a/b'), 'invalid fluentd-address (tcp://a/b): should not contain a path element'],
  ['fluentd', fluentd('unix://'), 'invalid fluentd-address (unix://): path is empty'],
  [
    'fluentd',
    fluentd('tcp://a:x'),
    'invalid fluentd-address (tcp://a:x): parse "tcp://a:x": invalid port ":x" after host',
  ],
  [
    'fluentd',
    fluentd('tcp://a:99999'),
    'invalid fluentd-address (tcp://a:99999): invalid port: strconv.ParseUint: parsing "99999": value out of range',
  ],
  ['fluentd', { 'fluentd-buffer-limit': 'x' }, "invalid size: 'x'"],
  ['fluentd', { 'fluentd-buffer-limit': '1x' }, "invalid suffix: 'x'"],
  ['fluentd', { 'fluentd-retry-wait': 'x' }, 'time: invalid duration "x"'],
  ['fluentd', { 'fluentd-retry-wait': '1' }, 'time: missing unit in duration "1"'],
  ['fluentd', { 'fluentd-max-retries': 'x' }, 'strconv.ParseUint: parsing "x": invalid syntax'],
  ['fluentd', { 'fluentd-max-retries': '-1' }, 'strconv.ParseUint: parsing "-1": invalid syntax'],
  ['fluentd', { 'fluentd-max-retries': '4294967295' }, 'invalid fluentd-max-retries: value out of range'],
  ['fluentd', { 'fluentd-max-retries': '99999999999' }, 'strconv.ParseUint: parsing "99999999999": value out of range'],
  ['fluentd', { 'fluentd-async': 'x' }, 'strconv.ParseBool: parsing "x": invalid syntax'],
  [
    'fluentd',
    { 'fluentd-async-reconnect-interval': '1ms' },
    'invalid value for fluentd-async-reconnect-interval: value ("1ms") must be between 100ms and 10s',
  ],
  [
    'fluentd',
    { 'fluentd-async-reconnect-interval': '1m30s' },
    'invalid value for fluentd-async-reconnect-interval: value ("1m30s") must be between 100ms and 10s',
  ],
  [
    'fluentd',
    { 'fluentd-write-timeout': 'x' },
    'invalid value for fluentd-write-timeout: value must be a duration: time: invalid duration "x"',
  ],
  [
    'fluentd',
    { 'fluentd-write-timeout': '-1s' },
    'invalid value for fluentd-write-timeout: value must be a duration that is non-negative',
  ],
  ['gelf', {}, 'gelf-address is a required parameter'],
  ['gelf', { 'gelf-address': 'x' }, 'gelf: endpoint needs to be TCP or UDP'],
  ['gelf', { 'gelf-address': 'udp://x' }, 'gelf: please provide gelf-address as proto://host:port'],
  ['gelf', { 'gelf-address': 'udp://x:1', foo: '1' }, 'unknown log opt "foo" for gelf log driver'],
  [
    'gelf',
    { 'gelf-address': 'udp://x:1', 'gelf-compression-level': '10' },
    'unknown value "10" for log opt "gelf-compression-level" for gelf log driver',
  ],
  [
    'gelf',
    { 'gelf-address': 'udp://x:1', 'gelf-compression-type': 'foo' },
    'unknown value "foo" for log opt "gelf-compression-type" for gelf log driver',
  ],
  ['gelf', { 'gelf-address': 'tcp://x:1', 'gelf-compression-type': 'none' }, 'compression is only supported on UDP'],
  [
    'gelf',
    { 'gelf-address': 'udp://x:1', 'gelf-tcp-max-reconnect': '1' },
    '"gelf-tcp-max-reconnect" is only valid for TCP',
  ],
  [
    'gelf',
    { 'gelf-address': 'tcp://x:1', 'gelf-tcp-max-reconnect': '-1' },
    '"gelf-tcp-max-reconnect" must be a positive integer',
  ],
];

test.each(worded(creations))('a creation with %s %j', (driver, options, words) => {
  expect(said(() => checkLogOptions(driver, options))).toBe(words);
});

const starts: Cases = [
  ['json-file', { 'max-size': 'a' }, "invalid size: 'a'"],
  ['json-file', { 'max-size': '10x' }, "invalid suffix: 'x'"],
  ['json-file', { 'max-size': '-1' }, "invalid size: '-1'"],
  ['json-file', { 'max-size': '0' }, 'max-size must be a positive number'],
  ['json-file', { 'max-file': '0' }, 'max-file cannot be less than 1'],
  ['local', { 'max-size': 'x' }, "invalid value for max-size: x: invalid size: 'x'"],
  ['local', { 'max-file': 'x' }, 'invalid value for max-file: x: strconv.Atoi: parsing "x": invalid syntax'],
  ['local', { 'max-file': '-1', compress: 'false' }, 'max file count cannot be less than 0'],
  ['local', { 'max-file': '1' }, 'compression cannot be enabled when max file count is 1'],
  ['local', { 'max-size': '0' }],
];

test.each(worded(starts))('a start with %s %j', (driver, options, words) => {
  expect(said(() => logBounds(driver, options))).toBe(words);
});

test('bounds: 3 files of 20 MB unless told, 5 with the local driver, compressed there', () => {
  const mb = 1_000_000;
  expect(logBounds('json-file', {})).toEqual({ maxBytes: 20 * mb, maxFiles: 3, compress: false });
  expect(logBounds('json-file', { 'max-size': '10k' })).toEqual({ maxBytes: 10_000, maxFiles: 1, compress: false });
  const asked = { 'max-size': '1.5mb', 'max-file': '5', compress: 'true' };
  expect(logBounds('json-file', asked)).toEqual({ maxBytes: 1.5 * mb, maxFiles: 5, compress: true });
  expect(logBounds('local', { 'max-size': '10k' })).toEqual({ maxBytes: 10_000, maxFiles: 5, compress: true });
  const cache = { 'cache-max-size': '1m', 'cache-max-file': '2', 'cache-compress': 'false' };
  expect(logBounds('syslog', cache)).toEqual({ maxBytes: mb, maxFiles: 2, compress: false });
  expect(logBounds('gelf', {})).toEqual({ maxBytes: 20 * mb, maxFiles: 5, compress: true });
});

test('what can be read: everything but none, and what is passed on without a cache', () => {
  expect(logDrivers).toEqual(['fluentd', 'gelf', 'journald', 'json-file', 'local', 'syslog']);
  expect(isReadable('none')).toBe(false);
  expect(isReadable('syslog', {})).toBe(true);
  expect(isReadable('syslog', { 'cache-disabled': 'true' })).toBe(false);
  expect(isReadable('syslog', { 'cache-disabled': 'false' })).toBe(true);
  expect(isReadable('journald', { 'cache-disabled': 'true' })).toBe(true);
  expect(isReadable('json-file', { 'cache-disabled': 'true' })).toBe(true);
});
