import { EngineError } from '../../kit/index.ts';

/** What of an address the drivers look at; `host` with its port, as it was written. */
export interface Address {
  scheme: string;
  host: string;
  path: string;
}

const refuse = (words: string): EngineError => new EngineError('invalid', words);

/** An address as Go reads a URL, with its words for what is none. */
export function parseAddress(text: string): Address {
  const fail = (why: string) => refuse(`parse ${JSON.stringify(text)}: ${why}`);
  if (hasControl(text)) throw fail('net/url: invalid control character in URL');
  if (text.startsWith(':')) throw fail('missing protocol scheme');
  const [lead = '', scheme = ''] = /^([a-z][a-z\d+.-]*):/i.exec(text) ?? [];
  const rest = text.slice(lead.length).replace(/[?#].*$/s, '');
  if (scheme === '' && !rest.startsWith('/') && rest.split('/')[0]?.includes(':')) {
    throw fail('first path segment in URL cannot contain colon');
  }
  if (!rest.startsWith('//')) return { scheme: scheme.toLowerCase(), host: '', path: rest.startsWith('/') ? rest : '' };
  const [, authority = '', path = ''] = /^\/\/([^/]*)(.*)$/s.exec(rest) ?? [];
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  checkHost(host, fail);
  return { scheme: scheme.toLowerCase(), host, path };
}

function checkHost(host: string, fail: (why: string) => EngineError): void {
  if (host.startsWith('[') && !host.includes(']')) throw fail("missing ']' in host");
  const port = host.startsWith('[') ? host.slice(host.lastIndexOf(']') + 1) : /:[^:]*$/.exec(host)?.[0];
  if (port && !/^:\d*$/.test(port)) throw fail(`invalid port ${JSON.stringify(port)} after host`);
}

/** Host and port; undefined where there is no port. Other faults are refused in Go's words. */
export function splitHostPort(text: string): { host: string; port: string } | undefined {
  const fail = (why: string) => refuse(`address ${text}: ${why}`);
  if (!text.includes(':')) return undefined;
  if (text.startsWith('[')) {
    const [, host = '', rest = ''] = /^\[([^\]]*)\](.*)$/s.exec(text) ?? [];
    if (rest === '') return undefined;
    if (!rest.startsWith(':')) throw fail('missing port in address');
    return { host, port: rest.slice(1) };
  }
  const [host = '', port = '', ...more] = text.split(':');
  if (more.length > 0) throw fail('too many colons in address');
  return { host, port };
}

/** As Go puts the two together. */
export const joinHostPort = (host: string, port: string | number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

const hasControl = (text: string): boolean => [...text].some((letter) => letter < ' ' || letter === '\u007f');
