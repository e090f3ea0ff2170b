import { EngineError, type ErrorKind } from '../../kit/index.ts';
import type { UrlBody } from '../contract.ts';
import { statusLine } from '../session/failure.ts';
import { bounded } from './body.ts';
import type { Send } from './transport.ts';

const mostRequests = 10;
const redirects = new Set([301, 302, 303, 307, 308]);
const kinds: Record<number, ErrorKind> = { 400: 'invalid', 401: 'unauthorized', 403: 'forbidden', 404: 'notFound' };
/** What is told of a refusal's body. */
const mostWords = 64 << 10;

/** See Registry.open. */
export async function openUrl(send: Send, text: string, signal?: AbortSignal): Promise<UrlBody> {
  const first = text.includes('://') ? text : `http://${text}`;
  const stall = new AbortController();
  const both = AbortSignal.any([stall.signal, ...(signal ? [signal] : [])]);
  let spelled = first;
  let base: URL | undefined;
  for (let requests = 0; requests < mostRequests; requests++) {
    const target = parsed(spelled, base);
    const answer = await send(withoutUser(target, base ? undefined : spelled), {
      headers: { 'Accept-Encoding': 'identity', ...authorization(target) },
      insecure: false,
      signal: both,
    });
    const location = answer.headers.get('location');
    if (!redirects.has(answer.status) || location === null) return bodyOf(hidden(first), answer, stall);
    await answer.body?.cancel();
    [spelled, base] = [location, target];
  }
  throw new EngineError('internal', `Get ${JSON.stringify(spelled)}: stopped after ${mostRequests} redirects`);
}

/** In the words of Go's client. */
function parsed(text: string, base: URL | undefined): URL {
  const refused = (why: string) => new EngineError('internal', `Get ${JSON.stringify(hidden(text))}: ${why}`);
  const [, scheme, authority] = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?/i.exec(text) ?? [];
  if (scheme !== undefined && !/^https?$/i.test(scheme)) throw refused(`unsupported protocol scheme "${scheme}"`);
  if (scheme !== undefined && !authority?.replace(/^.*@/, '')) throw refused('http: no Host in request URL');
  const [, port] = /:(\d+)$/.exec(authority ?? '') ?? [];
  if (Number(port) > 65_535) throw refused(`dial tcp: address ${port}: invalid port`);
  const url = URL.parse(text, base?.href);
  if (!url) throw new EngineError('internal', `parse ${JSON.stringify(hidden(text))}: invalid URL`);
  return url;
}

/** As it was spelled, as far as that may be sent and shown. */
function withoutUser({ username, href, host, protocol }: URL, spelled: string | undefined): string {
  if (username !== '' || spelled === undefined) return href.replace(/^(\w+:\/\/)[^/?#]*@/, '$1');
  return `${protocol}//${host}` === spelled ? spelled : href;
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const pair = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { Authorization: `Basic ${pair.toString('base64')}` };
}

/** A password is nobody's to read. */
const hidden = (url: string): string => url.replace(/^(\w+:\/\/[^/?#@:]*):[^/?#@]*@/, '$1:***@');

async function bodyOf(url: string, answer: Response, stall: AbortController): Promise<UrlBody> {
  const bytes = bounded(url, answer, stall);
  if (answer.status >= 400) {
    const words = await beginning(bytes);
    const text = `failed to GET ${url} with status ${statusLine(answer)}: ${words}`;
    throw new EngineError(kinds[answer.status] ?? 'internal', text);
  }
  const length = answer.headers.get('content-length');
  const size = length === null ? undefined : Number(length);
  return { url, bytes: size === undefined ? bytes : whole(bytes, size), ...(size !== undefined && { size }) };
}

async function beginning(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of bytes) {
    pieces.push(piece);
    size += piece.length;
    if (size >= mostWords) break;
  }
  return Buffer.concat(pieces).subarray(0, mostWords).toString();
}

async function* whole(bytes: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let left = size;
  for await (const piece of bytes) {
    left -= piece.length;
    yield piece;
  }
  if (left > 0) throw new EngineError('internal', 'unexpected EOF');
}
