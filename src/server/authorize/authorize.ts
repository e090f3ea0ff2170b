import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { EngineError, type Log, messageOf } from '../../kit/index.ts';
import type { Plugins } from '../../plugin/index.ts';
import type { Body, Exchange, Reply } from '../http/index.ts';
import { shownBody } from './body.ts';

/** Who is asked before a request is carried out, and before its answer goes out. */
export interface Authorizers {
  /** Plugins by name, in the order they are asked; none of them is nobody's asking. */
  names: () => string[];
  plugins: Pick<Plugins, 'find'>;
  log: Log;
}

/** A request that may go on, with an answer that is asked for before it is given. */
export interface Authorized {
  body: Body;
  reply: Reply;
}

/** What a plugin is shown of a request, in Docker's names. */
interface Shown {
  User?: string;
  UserAuthNMethod?: string;
  RequestMethod: string;
  RequestUri: string;
  RequestBody?: string;
  RequestHeaders: Record<string, string>;
  RequestPeerCertificates?: string[];
  ResponseBody?: string;
  ResponseHeaders?: Record<string, string>;
  ResponseStatusCode?: number;
}

/**
 * Asks all plugins whether the request may be carried out; refusals are `forbidden`, in Docker's words, and so is whatever a plugin
 * could not judge: one that cannot be asked, a body that is longer than it is shown. `path` is the one that is routed.
 */
export async function authorize(
  authorizers: Authorizers,
  exchange: Exchange,
  about: { path: string; socket: Socket },
): Promise<Authorized> {
  const { head } = exchange;
  const { body, shown } = await shownBody(exchange, about.path);
  const request: Shown = {
    ...userOf(about.socket),
    RequestMethod: head.method,
    // As it is routed: an escape that says the same in other words would be another path to a plugin.
    RequestUri: encodeURI(head.path) + (head.query === '' ? '' : `?${head.query}`),
    ...(shown && { RequestBody: shown.toString('base64') }),
    RequestHeaders: headersOf(head.headers),
  };
  await ask(authorizers, 'AuthZPlugin.AuthZReq', request);
  const allow = (answer: Pick<Shown, 'ResponseStatusCode' | 'ResponseHeaders' | 'ResponseBody'>) =>
    ask(authorizers, 'AuthZPlugin.AuthZRes', { ...request, ...answer });
  return { body, reply: asking(exchange.reply, allow) };
}

async function ask({ names, plugins, log }: Authorizers, method: string, shown: Shown): Promise<void> {
  // One that is named twice is asked once.
  for (const name of new Set(names())) {
    let answer: Record<string, unknown>;
    try {
      const plugin = await plugins.find(name, 'authz');
      answer = await plugin.call(method, shown);
    } catch (error) {
      log.error('an authorization plugin could not be asked', { plugin: name, method, error: messageOf(error) });
      throw new EngineError('internal', `plugin ${name} failed with error: ${messageOf(error)}`, error);
    }
    if (answer.Allow === true) continue;
    const why = typeof answer.Msg === 'string' ? answer.Msg : '';
    throw new EngineError('forbidden', `authorization denied by plugin ${name}: ${why}`);
  }
}

const secret = new Set(['x-registry-auth', 'x-registry-config']);

/** Without credentials, and as Go spells them. */
function headersOf(headers: Iterable<[string, string]>): Record<string, string> {
  const kept = [...headers].filter(([name]) => !secret.has(name.toLowerCase()));
  return Object.fromEntries(
    kept.map(([name, value]) => [name.replace(/(^|-)[a-z]/g, (at) => at.toUpperCase()), value]),
  );
}

/** Whom a client's certificate names. */
function userOf(socket: Socket): Pick<Shown, 'User' | 'UserAuthNMethod' | 'RequestPeerCertificates'> {
  if (!(socket instanceof TLSSocket)) return {};
  const { subject, raw } = socket.getPeerCertificate();
  if (!subject) return {};
  const pem = `-----BEGIN CERTIFICATE-----\n${raw.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
  const name = Array.isArray(subject.CN) ? subject.CN[0] : subject.CN;
  return {
    ...(name && { User: name }),
    UserAuthNMethod: 'TLS',
    RequestPeerCertificates: [Buffer.from(pem).toString('base64')],
  };
}

type Answer = Pick<Shown, 'ResponseStatusCode' | 'ResponseHeaders' | 'ResponseBody'>;

/** An answer that is refused is thrown away, and the refusal thrown; one that comes in pieces is judged before the first. */
function asking(reply: Reply, allow: (answer: Answer) => Promise<void>): Reply {
  let asked = false;
  const once = async (answer: Answer): Promise<void> => {
    // The answer to a refusal is not asked for again.
    if (asked) return;
    asked = true;
    await allow(answer);
  };
  return {
    set: reply.set,
    get started() {
      return reply.started;
    },
    get complete() {
      return reply.complete;
    },
    get hijacked() {
      return reply.hijacked;
    },
    async empty(status) {
      await once({ ResponseStatusCode: status });
      await reply.empty(status);
    },
    async bytes(status, type, body) {
      const ResponseBody = type === 'application/json' ? Buffer.from(body).toString('base64') : undefined;
      const ResponseHeaders = { 'Content-Type': type };
      await once({ ResponseStatusCode: status, ResponseHeaders, ...(ResponseBody !== undefined && { ResponseBody }) });
      await reply.bytes(status, type, body);
    },
    async stream(status, fields) {
      await once({ ResponseStatusCode: status, ResponseHeaders: fields });
      return reply.stream(status, fields);
    },
    async hijack(text) {
      const status = Number(/^HTTP\/1\.\d (\d+)/.exec(text)?.[1] ?? 200);
      await once({ ResponseStatusCode: status });
      return reply.hijack(text);
    },
  };
}
