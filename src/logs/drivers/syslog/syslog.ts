import { readFileSync } from 'node:fs';
import { EngineError, messageOf, systemWords } from '../../../kit/index.ts';
import type { LogInfo } from '../../options/info.ts';
import { tagOf } from '../../options/tag.ts';
import { dialDatagrams } from '../../wire/datagrams.ts';
import { openStream, type StreamAddress } from '../../wire/stream.ts';
import { connectTimeout, usualPause } from '../common.ts';
import type { Connection, Destination, LogDriver, LogMessage } from '../contract.ts';
import { overDatagrams, overStream } from '../over.ts';
import { createSyslogFormat } from './format.ts';
import { checkSyslog, type SyslogAddress, syslogAddress, syslogFacility, syslogFormat } from './options.ts';

/** Docker's driver of that name; lines without a letter are not sent, as there. */
export const syslog: LogDriver = { check: checkSyslog, prepare };

type Format = (message: LogMessage) => Buffer;
type Tls = Extract<StreamAddress, { network: 'tcp' }>['tls'];

function prepare(info: LogInfo): Destination {
  const { options } = info;
  const tag = tagOf(info);
  const address = syslogAddress(options['syslog-address']);
  const format = syslogFormat(options['syslog-format']);
  const secure = address.network === 'tcp+tls';
  const counted = secure && format.startsWith('rfc5424');
  const write = createSyslogFormat({ facility: syslogFacility(options['syslog-facility']), format, tag, counted });
  const tls = secure ? tlsOf(options) : undefined;
  return {
    connect: () => (address.network === 'local' ? connectLocal(write) : dial(address, write, tls)),
    pause: usualPause,
  };
}

const spoken = ({ line }: LogMessage): boolean => line.length > 0;

async function dial(to: Exclude<SyslogAddress, { network: 'local' }>, format: Format, tls?: Tls): Promise<Connection> {
  const options = { format: (message: LogMessage) => (spoken(message) ? [format(message)] : []) };
  if (to.network === 'unixgram') return overDatagrams(await dialDatagrams({ path: to.path }), options);
  if (to.network === 'udp') return overDatagrams(await dialDatagrams(to), options);
  return overStream(await openStream(streamTo(to, tls), { timeout: connectTimeout }), options);
}

function streamTo(
  to: Extract<SyslogAddress, { network: 'unix' | 'tcp' | 'tcp+tls' | 'unixgram' }>,
  tls?: Tls,
): StreamAddress {
  if (!('host' in to)) return { network: 'unix', path: to.path };
  return { network: 'tcp', host: to.host || '127.0.0.1', port: to.port, ...(tls && { tls }) };
}

const places = ['/dev/log', '/var/run/syslog', '/var/run/log'];

/** The first socket of those that syslogs listen at. */
async function connectLocal(format: Format): Promise<Connection> {
  for (const network of ['unixgram', 'unix'] as const) {
    for (const path of places) {
      try {
        return await dial({ network, path }, format);
      } catch {
        // the next one, then
      }
    }
  }
  throw new EngineError('internal', 'Unix syslog delivery error');
}

const pair = (path: string): Buffer => read(path, (why) => `Could not load X509 key pair: ${why}`);
const authority = (path: string): Buffer => read(path, (why) => `could not read CA certificate "${path}": ${why}`);

function tlsOf(options: Record<string, string>): NonNullable<Tls> {
  const skip = 'syslog-tls-skip-verify' in options;
  const { 'syslog-tls-ca-cert': ca = '', 'syslog-tls-cert': cert = '', 'syslog-tls-key': key = '' } = options;
  return {
    rejectUnauthorized: !skip,
    ...(ca !== '' && !skip && { ca: authority(ca) }),
    ...((cert !== '' || key !== '') && { cert: pair(cert), key: pair(key) }),
  };
}

function read(path: string, words: (why: string) => string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code = '', errno = 0 } = error as NodeJS.ErrnoException;
    const why = errno === 0 ? messageOf(error) : `open ${path}: ${systemWords(errno, code)}`;
    throw new EngineError('invalid', words(why), error);
  }
}
