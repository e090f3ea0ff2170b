import { goDuration, parseDuration } from '../../../api/index.ts';
import { EngineError, messageOf } from '../../../kit/index.ts';
import { parseAddress } from '../../options/address.ts';
import { parseBool, parseSize, parseUnsigned } from '../../options/numbers.ts';
import type { StreamAddress } from '../../wire/stream.ts';
import { checkNames } from '../common.ts';

/** The options of the driver, as they were meant; times in milliseconds. */
export interface FluentdOptions {
  address: StreamAddress;
  async: boolean;
  /** 0 for never. */
  reconnectInterval: number;
  retryWait: number;
  maxRetries: number;
  subSecond: boolean;
  acknowledged: boolean;
  /** 0 for none. */
  writeTimeout: number;
}

const refuse = (words: string): EngineError => new EngineError('invalid', words);
const milliseconds = (text: string): number => Math.trunc(parseDuration(text) / 1e6);

const names =
  'address async async-reconnect-interval buffer-limit max-retries request-ack retry-wait sub-second-precision write-timeout';
const known = names.split(' ').map((name) => `fluentd-${name}`);

/** See LogDriver.check. */
export function checkFluentd(options: Record<string, string>): void {
  checkNames('fluentd', options, known);
  readFluentd(options);
}

/** In the order in which Docker finds faults. */
export function readFluentd(options: Record<string, string>): FluentdOptions {
  const given = <T>(name: string, read: (text: string) => T, initial: T): T => {
    const text = options[`fluentd-${name}`];
    return text ? read(text) : initial;
  };
  const address = addressOf(options['fluentd-address'] ?? '');
  given('buffer-limit', (text) => parseSize(text, 1024), 0);
  const retryWait = given('retry-wait', milliseconds, 1000);
  const maxRetries = given('max-retries', retriesOf, most);
  const async = given('async', parseBool, false);
  const reconnectInterval = given('async-reconnect-interval', intervalOf, 0);
  const subSecond = given('sub-second-precision', parseBool, false);
  const acknowledged = given('request-ack', parseBool, false);
  const writeTimeout = given('write-timeout', timeoutOf, 0);
  return { address, async, reconnectInterval, retryWait, maxRetries, subSecond, acknowledged, writeTimeout };
}

const most = 2 ** 31 - 1;

function retriesOf(text: string): number {
  const count = parseUnsigned(text, 32);
  if (count > most) throw refuse('invalid fluentd-max-retries: value out of range');
  return count;
}

function intervalOf(text: string): number {
  const option = 'invalid value for fluentd-async-reconnect-interval:';
  const duration = worded(option, () => parseDuration(text));
  if (duration !== 0 && (duration < 1e8 || duration > 1e10)) {
    throw refuse(`${option} value ("${goDuration(duration)}") must be between 100ms and 10s`);
  }
  return duration / 1e6;
}

function timeoutOf(text: string): number {
  const option = 'invalid value for fluentd-write-timeout: value must be a duration';
  const duration = worded(`${option}:`, () => parseDuration(text));
  if (duration < 0) throw refuse(`${option} that is non-negative`);
  return duration / 1e6;
}

function worded<T>(before: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new EngineError('invalid', `${before} ${messageOf(error)}`, error);
  }
}

function addressOf(text: string): StreamAddress {
  return worded(`invalid fluentd-address (${text}):`, () => placeOf(text));
}

function placeOf(text: string): StreamAddress {
  const { scheme, host, path } = parseAddress(text.includes('://') || text === '' ? text : `tcp://${text}`);
  if (text === '') return { network: 'tcp', host: '127.0.0.1', port: 24_224 };
  if (scheme === 'unix') {
    if (path.replace(/^\/+/, '') === '') throw refuse('path is empty');
    return { network: 'unix', path };
  }
  if (scheme !== 'tcp' && scheme !== 'tls') throw refuse(`unsupported scheme: '${scheme}'`);
  if (path !== '') throw refuse('should not contain a path element');
  const [, name = '', port = ''] = /^(\[[^\]]*\]|.*?)(?::(\d*))?$/.exec(host) ?? [];
  const number = port === '' ? 24_224 : worded('invalid port:', () => parseUnsigned(port, 16));
  const bare = name.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1';
  return { network: 'tcp', host: bare, port: number, ...(scheme === 'tls' && { tls: {} }) };
}
