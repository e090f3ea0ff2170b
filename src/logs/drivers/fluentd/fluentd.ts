import { randomBytes } from 'node:crypto';
import { attributesOf } from '../../options/attributes.ts';
import type { LogInfo } from '../../options/info.ts';
import { tagOf } from '../../options/tag.ts';
import { openStream, type Stream } from '../../wire/stream.ts';
import { usualDoubt } from '../common.ts';
import type { Connection, Destination, LogDriver, LogMessage } from '../contract.ts';
import { packArray, packEventTime, packMap, packSeconds, packText, takeAcks } from './msgpack.ts';
import { checkFluentd, type FluentdOptions, readFluentd } from './options.ts';

/** Docker's driver of that name: the forward protocol, a message each. */
export const fluentd: LogDriver = { check: checkFluentd, prepare };

const dialTimeout = 3000;
/** A server that waits with its acknowledgement for longer is taken for gone. */
const ackTimeout = 60_000;

function prepare(info: LogInfo): Destination {
  const options = readFluentd(info.options);
  const encode = createEncoder(info, options);
  return {
    async connect() {
      const stream = await openStream(options.address, { timeout: dialTimeout, patience: options.writeTimeout });
      return options.acknowledged ? acknowledged(stream, encode) : unacknowledged(stream, encode);
    },
    lazy: options.async,
    pause: (attempt) => pauseOf(options.retryWait, attempt),
    ...(options.maxRetries < 2 ** 31 - 1 && { attempts: Math.max(options.maxRetries, 1) }),
    ...(options.async && options.reconnectInterval > 0 && { renewAfter: options.reconnectInterval }),
  };
}

/** Docker's steps, but that no server that has come back waits for long. */
function pauseOf(wait: number, attempt: number): number {
  return Math.min(wait * Math.trunc(1.5 ** (attempt - 1)), Math.max(wait, 5000));
}

type Encode = (message: LogMessage, chunk?: string) => Buffer;

function createEncoder(info: LogInfo, { subSecond }: FluentdOptions): Encode {
  const tag = packText(tagOf(info));
  const own = { container_id: info.id, container_name: `/${info.name}` };
  const extra = attributesOf(info);
  const none = packMap(0);
  return (message, chunk) => {
    const { stream, line, partial } = message;
    const record: Record<string, string | Buffer> = { ...own, source: stream, log: line, ...extra };
    if (partial) {
      record.partial_message = 'true';
      record.partial_id = partial.id;
      record.partial_ordinal = String(partial.ordinal);
      record.partial_last = String(partial.last);
    }
    const pairs = Object.entries(record);
    const option = chunk === undefined ? [none] : [packMap(1), packText('chunk'), packText(chunk)];
    return Buffer.concat([
      packArray(4),
      tag,
      packTime(message.time, subSecond),
      packMap(pairs.length),
      ...pairs.flatMap(([name, value]) => [packText(name), packText(value)]),
      ...option,
    ]);
  };
}

const secondsOf = (time: string): number => Date.parse(`${time.slice(0, 19)}Z`) / 1000;

function packTime(time: string, subSecond: boolean): Buffer {
  const seconds = secondsOf(time);
  if (!subSecond) return packSeconds(seconds);
  return packEventTime(seconds, Number((/\.(\d+)Z$/.exec(time)?.[1] ?? '').padEnd(9, '0')));
}

function unacknowledged(stream: Stream, encode: Encode): Connection {
  return {
    doubt: usualDoubt,
    lost: stream.lost,
    send: (messages) => stream.write(Buffer.concat(messages.map((message) => encode(message)))),
    close: () => stream.close(),
  };
}

/** Each message is a chunk of its own; sent is what the server has said it has. */
function acknowledged(stream: Stream, encode: Encode): Connection {
  const missing = new Set<string>();
  let heard = Buffer.alloc(0);
  let settle: ((error?: Error) => void) | undefined;
  stream.onData((bytes) => {
    try {
      heard = Buffer.concat([heard, bytes]);
      const { acks, length } = takeAcks(heard);
      heard = heard.subarray(length);
      for (const ack of acks) missing.delete(ack);
      if (missing.size === 0) settle?.();
    } catch (error) {
      settle?.(error as Error);
    }
  });
  void stream.lost.then((error) => settle?.(error));
  return {
    doubt: 0,
    lost: stream.lost,
    async send(messages) {
      const chunks = messages.map((message) => ({ message, id: chunkId(message.time) }));
      for (const { id } of chunks) missing.add(id);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      settle = (error) => (error ? reject(error) : resolve());
      promise.catch(() => undefined);
      const timer = setTimeout(() => reject(new Error('no acknowledgement')), ackTimeout);
      try {
        await stream.write(Buffer.concat(chunks.map(({ message, id }) => encode(message, id))));
        await promise;
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => stream.close(),
  };
}

function chunkId(time: string): string {
  const bytes = randomBytes(16);
  bytes.writeBigInt64LE(BigInt(secondsOf(time)), 0);
  return bytes.toString('base64');
}
