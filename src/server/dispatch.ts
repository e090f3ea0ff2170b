import type { Socket } from 'node:net';
import { posix } from 'node:path';
import { apiVersion, compareVersions, minApiVersion, olderThan } from '../api/index.ts';
import { EngineError, type Log, type Tracer } from '../kit/index.ts';
import { type Authorizers, authorize } from './authorize/authorize.ts';
import { describeError } from './errors.ts';
import { readForm } from './form.ts';
import type { Exchange } from './http/index.ts';
import { createQuery } from './query.ts';
import type { Match } from './router.ts';

export interface DispatchOptions {
  find: (method: string, path: string) => Match | undefined;
  server: string;
  isExperimental: () => boolean;
  log: Log;
  tracer: Tracer;
  /** Who is asked first; without them, or while they name nobody, nobody is. */
  authorizers?: Authorizers;
  /** What is wrong with the engine as a whole, so that a failure is told with its cause. */
  trouble?: () => string | undefined;
}

/** From a request to its route: version negotiation, the fields on every answer, errors as Docker words them. */
export function createDispatch(options: DispatchOptions): (exchange: Exchange, socket: Socket) => Promise<void> {
  const { find, server, isExperimental, log, tracer, authorizers, trouble } = options;
  return async (begun, socket) => {
    let exchange = begun;
    const { head, reply } = exchange;
    const prefix = /^\/v([0-9.]+)(\/.*)$/s.exec(head.path);
    const version = prefix?.[1] ?? apiVersion;
    const path = prefix?.[2] ?? head.path;
    try {
      const clean = cleanPath(head.path);
      if (clean !== head.path) {
        reply.set({ Location: encodeURI(clean) + (head.query === '' ? '' : `?${head.query}`) });
        return await reply.empty(301);
      }
      const judged = authorizers !== undefined && authorizers.names().length > 0;
      const match =
        (judged && isDirect(path) ? undefined : find(head.method, path)) ??
        (head.method === 'OPTIONS' ? anything : undefined);
      if (match === undefined) throw new EngineError('notFound', 'page not found');
      reply.set({ 'Api-Version': apiVersion, Ostype: 'linux', Server: server });
      checkVersion(version);
      reply.set({ 'Docker-Experimental': String(isExperimental()) });
      if (judged) exchange = { ...exchange, ...(await authorize(authorizers, exchange, { path, socket })) };
      const { form, body } = await readForm(exchange);
      const request = { ...exchange, body, version, name: match.name, query: createQuery(head.query, form) };
      const name = `${head.method} ${match.pattern}`;
      await tracer.request(name, head.headers.get('traceparent'), () => match.handler(request));
    } catch (error) {
      await answerError(exchange, error, { version, log, ...(trouble && { trouble }) });
    }
  };
}

/** A request that stands for one or several of Docker's: a plugin that knows those would let it pass. */
const isDirect = (path: string): boolean => direct.test(path);
const direct = /^\/tug\/(run$|line$|exec\/|given$|containers\/)/;

/** Who asks what may be done is told nothing, but kindly. */
const anything: Match = { name: '', pattern: '*', handler: ({ reply }) => reply.empty(200) };

function checkVersion(version: string): void {
  if (compareVersions(version, apiVersion) > 0) {
    const text = `client version ${version} is too new. Maximum supported API version is ${apiVersion}`;
    throw new EngineError('invalid', text);
  }
  if (olderThan(version, minApiVersion)) {
    const text = `client version ${version} is too old. Minimum supported API version is ${minApiVersion}`;
    throw new EngineError('invalid', `${text}, please upgrade your client to a newer version`);
  }
}

/** As Go's router redirects: without `//`, `.` and `..`. */
function cleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && !path.endsWith('/') && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

interface About {
  version: string;
  log: Log;
  trouble?: () => string | undefined;
}

async function answerError(exchange: Exchange, thrown: unknown, about: About): Promise<void> {
  const { head, reply } = exchange;
  const { status, message: words, error } = describeError(thrown);
  const why = status >= 500 ? about.trouble?.() : undefined;
  const message = why === undefined || words.includes(why) ? words : `${words} (${why})`;
  const line = { method: head.method, path: head.path, error: message };
  const fields = { ...line, status, ...(error.cause === undefined ? {} : { cause: error.cause }) };
  // What was under way for a client that has left failed because of that.
  if (status >= 500 && !exchange.gone.aborted) about.log.error('request failed', fields);
  else about.log.debug('request refused', fields);
  // Once the head is out there is no status left to send: an answer cut short says it.
  if (reply.started) return;
  if (status === 304) return reply.empty(304);
  if (error.kind === 'invalid' && olderThan(about.version, minApiVersion)) {
    reply.set({ 'X-Content-Type-Options': 'nosniff' });
    return reply.bytes(status, 'text/plain; charset=utf-8', `${message}\n`);
  }
  await reply.bytes(status, 'application/json', `${JSON.stringify({ message })}\n`);
}
