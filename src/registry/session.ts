import { EngineError } from '../kit/index.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Credentials } from './contract.ts';
import type { Endpoint } from './endpoints.ts';
import { isTemporary, refusal, refusalOf } from './failure.ts';
import type { Send, SendOptions } from './http/transport.ts';
import { basic, fetchToken, type Token } from './tokens.ts';

export interface SessionOptions {
  endpoint: Endpoint;
  credentials: Credentials;
  /** What every request needs: `repository:library/busybox:pull`. */
  scope: string;
  send: Send;
  /** Waits between two attempts, in ms. */
  pause: (ms: number) => Promise<void>;
  signal?: AbortSignal;
}

export interface Asked extends Omit<SendOptions, 'insecure'> {
  /** A scope beside the session's own. */
  scope?: string;
  /** May not be sent a second time. */
  once?: boolean;
}

/** Requests at one endpoint, as its challenges demand. */
export interface Session {
  /** An answer with a status below 400; other statuses are errors but those in `accept`. */
  request(url: string, options?: Asked & { accept?: number[] }): Promise<Response>;
}

const attempts = 4;
const hopsMost = 10;
/** A registry that wants a longer rest is not waited for: the user is told. */
const restMost = 60;

/** Asks the endpoint what it demands; an EngineError where it is no registry. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { endpoint, credentials, send, signal } = options;
  const { insecure } = endpoint;
  const usual = { insecure, ...(signal && { signal }) };
  const root = `${endpoint.url}/v2/`;
  const first = await send(root, { ...usual, patience: 15_000 });
  await first.body?.cancel();
  let challenges: Challenge[] = [];
  if (first.status === 401) challenges = parseChallenges(first.headers.get('www-authenticate') ?? '');
  const tokens = new Map<string, Token>();

  async function authorization(scope: string | undefined): Promise<Record<string, string>> {
    const { registryToken } = credentials;
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (bearer && registryToken) return { Authorization: `Bearer ${registryToken}` };
    if (bearer) return { Authorization: `Bearer ${await token(bearer.parameters, scope)}` };
    const isBasic = challenges.some(({ scheme }) => scheme === 'basic');
    return isBasic && credentials.username && credentials.password ? { Authorization: basic(credentials) } : {};
  }

  async function token(challenge: Record<string, string>, scope: string | undefined): Promise<string> {
    const scopes = [options.scope, ...(scope === undefined ? [] : [scope])];
    const known = tokens.get(scopes.join(' '));
    if (known && known.expires > Date.now()) return known.token;
    const asked = { challenge, credentials, scopes, offline: false, ...usual };
    const given = await fetchToken(send, asked);
    tokens.set(scopes.join(' '), given);
    return given.token;
  }

  async function sendOnce(url: string, asked: Asked): Promise<Response> {
    let target = url;
    for (let hops = 0; hops < hopsMost; hops++) {
      // What proves us to the registry is none of another host's business.
      const own = new URL(target).host === new URL(root).host;
      const proof = own ? await authorization(asked.scope) : {};
      const { headers = {}, method = 'GET' } = asked;
      const answer = await send(target, { ...usual, ...asked, headers: { ...headers, ...proof } });
      const location = answer.headers.get('location');
      const moves = [301, 302, 303, 307, 308].includes(answer.status) && location !== null;
      if (!moves || !['GET', 'HEAD'].includes(method)) return answer;
      await answer.body?.cancel();
      target = new URL(location, target).href;
    }
    throw new EngineError('internal', 'stopped after 10 redirects');
  }

  async function authorized(url: string, asked: Asked): Promise<Response> {
    const answer = await sendOnce(url, asked);
    const renewed = parseChallenges(answer.headers.get('www-authenticate') ?? '');
    if (answer.status !== 401 || asked.once || renewed.length === 0 || tokens.size === 0) return answer;
    // A token may end before its time.
    await answer.body?.cancel();
    tokens.clear();
    challenges = renewed;
    return sendOnce(url, asked);
  }

  return {
    async request(url, { accept = [], ...asked } = {}) {
      for (let attempt = 1; ; attempt++) {
        let failure: unknown;
        try {
          const answer = await authorized(url, asked);
          if (answer.status < 400 || accept.includes(answer.status)) return answer;
          failure = await refusal(answer);
        } catch (error) {
          failure = error;
        }
        signal?.throwIfAborted();
        const rest = refusalOf(failure)?.retryAfter ?? 2 ** (attempt - 2);
        if (attempt === attempts || asked.once || rest > restMost || !isTemporary(failure)) throw failure;
        await options.pause(rest * 1000);
      }
    },
  };
}
