import { EngineError } from '../../../kit/index.ts';
import { attributesOf } from '../../options/attributes.ts';
import type { LogInfo } from '../../options/info.ts';
import { tagOf } from '../../options/tag.ts';
import { type Datagrams, dialDatagrams } from '../../wire/datagrams.ts';
import { checkNames, usualPause } from '../common.ts';
import type { Connection, Destination, LogDriver, LogMessage } from '../contract.ts';
import { overDatagrams } from '../over.ts';

/** Docker's driver of that name, by the journal's own protocol, with Docker's fields. */
export function createJournald(socket = '/run/systemd/journal/socket'): LogDriver {
  return {
    check: (options) => checkNames('journald', options, []),
    prepare: (info, { epoch }) => prepare(info, { epoch, socket }),
  };
}

function prepare(info: LogInfo, { epoch, socket }: { epoch: string; socket: string }): Destination {
  const format = createFormat(info, epoch);
  return {
    connect: async () => overJournal(await reach(socket), format),
    pause: usualPause,
  };
}

async function reach(path: string): Promise<Datagrams> {
  try {
    return await dialDatagrams({ path });
  } catch (error) {
    throw new EngineError('internal', 'journald is not enabled on this host', error);
  }
}

function overJournal(datagrams: Datagrams, format: (message: LogMessage) => Buffer): Connection {
  return overDatagrams(datagrams, {
    format: (message) => [format(message)],
    send: (bytes) => sendAnyLength(datagrams, bytes),
  });
}

async function sendAnyLength(datagrams: Datagrams, bytes: Buffer): Promise<void> {
  try {
    await datagrams.send(bytes);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code !== 'EMSGSIZE' && code !== 'ENOBUFS') throw error;
    await datagrams.sendLong(bytes);
  }
}

function createFormat(info: LogInfo, epoch: string): (message: LogMessage) => Buffer {
  const tag = tagOf(info);
  const own = fields({
    CONTAINER_ID: info.id.slice(0, 12),
    CONTAINER_ID_FULL: info.id,
    CONTAINER_NAME: info.name,
    CONTAINER_TAG: tag,
    IMAGE_NAME: info.imageName,
    SYSLOG_IDENTIFIER: tag,
    CONTAINER_LOG_EPOCH: epoch,
    ...attributesOf(info, fieldName),
  });
  return ({ stream, time, line, partial, ordinal }) => {
    const changing = fields({
      SYSLOG_TIMESTAMP: time,
      CONTAINER_LOG_ORDINAL: String(ordinal),
      ...(partial && {
        CONTAINER_PARTIAL_ID: partial.id,
        CONTAINER_PARTIAL_ORDINAL: String(partial.ordinal),
        CONTAINER_PARTIAL_LAST: String(partial.last),
        ...(!partial.last && { CONTAINER_PARTIAL_MESSAGE: 'true' }),
      }),
    });
    const priority = field('PRIORITY', Buffer.from(stream === 'stderr' ? '3' : '6'));
    return Buffer.concat([priority, field('MESSAGE', line), own, changing]);
  };
}

const fields = (all: Record<string, string>): Buffer =>
  Buffer.concat(Object.entries(all).map(([name, value]) => (name === '' ? noBytes : field(name, Buffer.from(value)))));

const noBytes = Buffer.alloc(0);
const newline = 10;

/** `NAME=value`, or, with a newline in the value, the name, its length in 64 bits and the value, each on a line. */
function field(name: string, value: Buffer): Buffer {
  if (!value.includes(newline)) return Buffer.concat([Buffer.from(`${name}=`), value, Buffer.from('\n')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(value.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, value, Buffer.from('\n')]);
}

/** The journal's names are capital letters, digits and `_`, which none begins with. */
const fieldName = (name: string): string =>
  name
    .replace(/[a-z]/g, (letter) => letter.toUpperCase())
    .replace(/[^A-Z\d]/gu, '_')
    .replace(/^_+/, '');
