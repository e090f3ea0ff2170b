import { statSync } from 'node:fs';
import { EngineError } from '../../../kit/index.ts';
import { joinHostPort, parseAddress, splitHostPort } from '../../options/address.ts';
import { checkNames } from '../common.ts';
import type { SyslogForm } from './format.ts';

const refuse = (words: string): EngineError => new EngineError('invalid', words);

/** Where syslog messages go; `local` is whatever syslog this machine has. */
export type SyslogAddress =
  | { network: 'local' }
  | { network: 'unix'; path: string }
  | { network: 'unixgram'; path: string }
  | { network: 'udp'; host: string; port: number }
  | { network: 'tcp' | 'tcp+tls'; host: string; port: number };

const known = 'address facility tls-ca-cert tls-cert tls-key tls-skip-verify format'
  .split(' ')
  .map((name) => `syslog-${name}`);

/** See LogDriver.check. */
export function checkSyslog(options: Record<string, string>): void {
  checkNames('syslog', options, known);
  syslogAddress(options['syslog-address']);
  syslogFacility(options['syslog-facility']);
  syslogFormat(options['syslog-format']);
}

export function syslogAddress(text = ''): SyslogAddress {
  if (text === '') return { network: 'local' };
  const { scheme, host, path } = parseAddress(text);
  if (scheme === 'unix' || scheme === 'unixgram') {
    if (statSync(path || '.', { throwIfNoEntry: false }) === undefined || path === '') {
      throw refuse(`stat ${path}: no such file or directory`);
    }
    return { network: scheme, path };
  }
  if (scheme !== 'udp' && scheme !== 'tcp' && scheme !== 'tcp+tls') throw refuse(`unsupported scheme: '${scheme}'`);
  const { host: name, port } = splitHostPort(host) ?? { host: host.replace(/^\[(.*)\]$/, '$1'), port: '514' };
  if (Number(port) > 65_535) throw refuse(`address ${joinHostPort(name, port)}: invalid port`);
  return { network: scheme, host: name, port: Number(port) };
}

const facilities =
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp - - - - local0 local1 local2 local3 local4 local5 local6 local7'.split(
    ' ',
  );

export function syslogFacility(text = ''): number {
  const number = facilities.indexOf(text === '' ? 'daemon' : text);
  if (text !== '-' && number >= 0) return number;
  if (/^\+?\d+$/.test(text) && Number(text) <= 23) return Number(text);
  throw refuse('invalid syslog facility');
}

export function syslogFormat(text = ''): SyslogForm['format'] {
  if (text === '' || text === 'rfc3164' || text === 'rfc5424' || text === 'rfc5424micro') return text;
  throw refuse('Invalid syslog format');
}
