import { EngineError } from '../../kit/index.ts';
import { type Challenge, parseChallenges } from '../auth/challenge.ts';
import { basic, fetchToken, type Token } from '../auth/tokens.ts';
import type { Credentials } from '../contract.ts';
import type { Send, SendOptions } from '../http/transport.ts';
import type { Endpoint } from './endpoints.ts';
import { isTemporary, refusal, refusalOf } from './failure.ts';

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

const pingPatience = 15_000;
const attempts = 4;
const hopsMost = 10;
const noCredentials = 'no basic auth credentials';
/** A registry that wants a longer rest is not waited for: the user is told. */
const restMost = 60;

/** Asks the endpoint what it demands; an EngineError where it is no registry. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { endpoint, send, signal } = options;
  const usual = { insecure: endpoint.insecure, ...(signal && { signal }) };
  const root = `${endpoint.url}/v2/`;
  const first = await send(root, { ...usual, patience: pingPatience });
  await first.body?.cancel();
  const proofs = createProofs(options, first);

  async function sendOnce(url: string, asked: Asked): Promise<Response> {
    let target = url;
    for (let hops = 0; hops < hopsMost; hops++) {
      // What proves us to the registry is none of another host's business.
      const own = new URL(target).host === new URL(root).host;
      const { headers = {}, method = 'GET' } = asked;
      const proof = own ? await proofs.headers(asked.scope) : {};
      if (proof === undefined) throw withoutCredentials(method, target);
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
    if (answer.status !== 401 || asked.once || !proofs.renew(answer)) return answer;
    await answer.body?.cancel();
    return sendOnce(url, asked);
  }

  return {
    async request(url, { accept = [], ...asked } = {}) {
      for (let attempt = 1; ; attempt++) {
        const failure = await failureOf(() => authorized(url, asked), accept);
        if (failure instanceof Response) return failure;
        signal?.throwIfAborted();
        const rest = refusalOf(failure)?.retryAfter ?? 2 ** (attempt - 2);
        if (attempt === attempts || asked.once || rest > restMost || !isTemporary(failure)) throw failure;
        await options.pause(rest * 1000);
      }
    },
  };
}

/** The answer, where it is a good one; otherwise why it is not. */
async function failureOf(ask: () => Promise<Response>, accept: number[]): Promise<Response | unknown> {
  try {
    const answer = await ask();
    return answer.status < 400 || accept.includes(answer.status) ? answer : await refusal(answer);
  } catch (error) {
    return error;
  }
}

/** What is sent along to be believed, as the endpoint's challenges demand; undefined where that is a password, and there is none. */
interface Proofs {
  headers(scope: string | undefined): Promise<Record<string, string> | undefined>;
  /** Forgets the tokens for one that ended before its time; false where that is not why an answer is a refusal. */
  renew(answer: Response): boolean;
}

function createProofs(options: SessionOptions, first: Response): Proofs {
  const { endpoint, credentials, send, signal } = options;
  let challenges: Challenge[] = first.status === 401 ? challengesOf(first) : [];
  const tokens = new Map<string, Promise<Token>>();

  async function token(challenge: Record<string, string>, scope: string | undefined): Promise<string> {
    const scopes = [options.scope, ...(scope === undefined ? [] : [scope])];
    const key = scopes.join(' ');
    const known = await tokens.get(key);
    if (known && known.expires > Date.now()) return known.token;
    const { insecure } = endpoint;
    const asked = { challenge, credentials, scopes, offline: false, insecure, ...(signal && { signal }) };
    const given = fetchToken(send, asked);
    tokens.set(key, given);
    given.catch(() => tokens.delete(key));
    return (await given).token;
  }

  return {
    async headers(scope) {
      const { registryToken } = credentials;
      const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
      if (bearer && registryToken) return { Authorization: `Bearer ${registryToken}` };
      if (bearer) return { Authorization: `Bearer ${await token(bearer.parameters, scope)}` };
      if (!challenges.some(({ scheme }) => scheme === 'basic')) return {};
      return credentials.username && credentials.password ? { Authorization: basic(credentials) } : undefined;
    },
    renew(answer) {
      const renewed = challengesOf(answer);
      if (renewed.length === 0 || tokens.size === 0) return false;
      tokens.clear();
      challenges = renewed;
      return true;
    },
  };
}

function challengesOf(answer: Response): Challenge[] {
  return parseChallenges(answer.headers.get('www-authenticate') ?? '');
}

/** Docker asks whether there is a tag before it asks for its manifest, and that is where it notices. */
function withoutCredentials(method: string, url: string): EngineError {
  const asked = method === 'GET' && /\/manifests\/[^/:]+$/.test(url) ? 'HEAD' : method;
  const verb = `${asked[0]}${asked.slice(1).toLowerCase()}`;
  return new EngineError('internal', `${verb} ${JSON.stringify(url)}: ${noCredentials}`);
}
