import { randomBytes } from 'node:crypto';
import { constants, deflateSync, gzipSync } from 'node:zlib';
import { EngineError, messageOf } from '../../../kit/index.ts';
import { parseAddress, splitHostPort } from '../../options/address.ts';
import type { LogInfo } from '../../options/info.ts';
import { dialDatagrams } from '../../wire/datagrams.ts';
import { openStream } from '../../wire/stream.ts';
import { commonOptions, connectTimeout, usualPause } from '../common.ts';
import type { Connection, Destination, LogDriver, LogMessage } from '../contract.ts';
import { overDatagrams, overStream } from '../over.ts';
import { createGelfFormat } from './message.ts';

/** Docker's driver of that name; lines without a letter are not sent, as there. */
export const gelf: LogDriver = { check, prepare };

const refuse = (words: string): EngineError => new EngineError('invalid', words);
const quoted = (text: string): string => JSON.stringify(text);

function check(options: Record<string, string>): void {
  const { scheme } = addressOf(options['gelf-address']);
  for (const [name, value] of Object.entries(options)) {
    if (name === 'gelf-address' || commonOptions.includes(name)) continue;
    const checkValue = checks[name];
    if (!checkValue) throw refuse(`unknown log opt ${quoted(name)} for gelf log driver`);
    checkValue(scheme, value, name);
  }
}

type Check = (scheme: string, value: string, name: string) => void;

const unknown = (value: string, name: string) =>
  refuse(`unknown value ${quoted(value)} for log opt ${quoted(name)} for gelf log driver`);

function overUdp(scheme: string): void {
  if (scheme !== 'udp') throw refuse('compression is only supported on UDP');
}

const overTcp: Check = (scheme, value, name) => {
  if (scheme !== 'tcp') throw refuse(`${quoted(name)} is only valid for TCP`);
  if (!/^\+?\d{1,9}$/.test(value)) throw refuse(`${quoted(name)} must be a positive integer`);
};

const checks: Record<string, Check | undefined> = {
  'gelf-compression-level': (scheme, value, name) => {
    overUdp(scheme);
    if (!/^[+-]?\d+$/.test(value) || Number(value) < -1 || Number(value) > 9) throw unknown(value, name);
  },
  'gelf-compression-type': (scheme, value, name) => {
    overUdp(scheme);
    if (!['gzip', 'zlib', 'none'].includes(value)) throw unknown(value, name);
  },
  'gelf-tcp-max-reconnect': overTcp,
  'gelf-tcp-reconnect-delay': overTcp,
};

interface Endpoint {
  scheme: 'udp' | 'tcp';
  host: string;
  port: number;
  /** As it was written. */
  text: string;
}

function addressOf(text = ''): Endpoint {
  if (text === '') throw refuse('gelf-address is a required parameter');
  const { scheme, host: written } = parseAddress(text);
  if (scheme !== 'udp' && scheme !== 'tcp') throw refuse('gelf: endpoint needs to be TCP or UDP');
  const { host, port } = split(written);
  return { scheme, host: host || '127.0.0.1', port: Number(port), text: written };
}

function split(text: string): { host: string; port: string } {
  try {
    const parts = splitHostPort(text);
    if (parts) return parts;
  } catch {
    // Docker has one sentence for all that is wrong with it
  }
  throw refuse('gelf: please provide gelf-address as proto://host:port');
}

function prepare(info: LogInfo): Destination {
  const { options } = info;
  const endpoint = addressOf(options['gelf-address']);
  const { 'gelf-tcp-max-reconnect': most, 'gelf-tcp-reconnect-delay': delay } = options;
  const format = createGelfFormat(info);
  return {
    connect: () =>
      worded(endpoint, () =>
        endpoint.scheme === 'tcp' ? overTcpTo(endpoint, format) : overUdpTo(endpoint, format, options),
      ),
    pause: delay === undefined ? usualPause : () => Number(delay) * 1000,
    ...(most !== undefined && { attempts: Number(most) + 1 }),
  };
}

async function worded(endpoint: Endpoint, dial: () => Promise<Connection>): Promise<Connection> {
  try {
    return await dial();
  } catch (error) {
    const words = `gelf: cannot connect to GELF endpoint: ${endpoint.text} ${messageOf(error)}`;
    throw new EngineError('internal', words, error);
  }
}

type Format = (message: LogMessage) => string;
const spoken = ({ line }: LogMessage): boolean => line.length > 0;

async function overTcpTo({ host, port }: Endpoint, format: Format): Promise<Connection> {
  const stream = await openStream({ network: 'tcp', host, port }, { timeout: connectTimeout });
  return overStream(stream, { format: (message) => (spoken(message) ? [Buffer.from(`${format(message)}\0`)] : []) });
}

async function overUdpTo(endpoint: Endpoint, format: Format, options: Record<string, string>): Promise<Connection> {
  const compress = compressor(options);
  const datagrams = await dialDatagrams(endpoint);
  return overDatagrams(datagrams, {
    format: (message) => (spoken(message) ? chunked(compress(Buffer.from(format(message)))) : []),
  });
}

function compressor(options: Record<string, string>): (bytes: Buffer) => Buffer {
  const level = Number(options['gelf-compression-level'] ?? constants.Z_BEST_SPEED);
  const kind = options['gelf-compression-type'] ?? 'gzip';
  if (kind === 'none') return (bytes) => bytes;
  return kind === 'zlib' ? (bytes) => deflateSync(bytes, { level }) : (bytes) => gzipSync(bytes, { level });
}

const wholeSize = 1420;
const partSize = 1408;
const mostParts = 128;

/** As one datagram, or as the parts that GELF makes of it; more than 128 no receiver takes, and Docker sends none of them either. */
function chunked(bytes: Buffer): Buffer[] {
  if (bytes.length <= wholeSize) return [bytes];
  const count = Math.floor(bytes.length / partSize) + 1;
  if (count > mostParts) return [];
  const id = randomBytes(8);
  return Array.from({ length: count }, (_, index) =>
    Buffer.concat([
      Buffer.from([0x1e, 0x0f]),
      id,
      Buffer.from([index, count]),
      bytes.subarray(index * partSize, (index + 1) * partSize),
    ]),
  );
}
