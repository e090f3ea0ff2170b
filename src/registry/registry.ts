import { asEngineError, EngineError, type Log, messageOf } from '../kit/index.ts';
import { parseChallenges } from './challenge.ts';
import type { Credentials, Registry } from './contract.ts';
import { type Endpoint, endpointsOf } from './endpoints.ts';
import { connectionFailure, refusal, statusLine } from './failure.ts';

const clientId = 'docker';
const patience = 15_000;

/** The client of registries; it keeps nothing. */
export function createRegistry({ log }: { log: Log }): Registry {
  return {
    async login(credentials) {
      let failure: unknown;
      for (const endpoint of await endpointsOf(credentials.serverAddress)) {
        try {
          return { status: 'Login Succeeded', identityToken: await loginAt(endpoint, credentials) };
        } catch (error) {
          // Who was refused must not send the same password again without TLS.
          if (error instanceof EngineError && error.kind === 'unauthorized') throw error;
          log.info('Error logging in to endpoint, trying next endpoint', {
            url: endpoint.url,
            error: messageOf(error),
          });
          failure = error;
        }
      }
      throw failure;
    },
  };
}

/** Resolves to the identity token that the registry gave; the empty text when it gave none. */
async function loginAt({ url, insecure }: Endpoint, credentials: Credentials): Promise<string> {
  const root = `${url}/v2/`;
  const ask = (target: string, headers: Record<string, string>, form?: URLSearchParams) =>
    request(target, { headers, insecure, ...(form && { form }) });
  const first = await ask(root, {});
  const challenges = first.status === 401 ? parseChallenges(first.headers.get('www-authenticate') ?? '') : [];
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  const headers: Record<string, string> = {};
  let identityToken = credentials.identityToken;
  if (bearer) {
    const given = await fetchToken(bearer.parameters, credentials, ask).catch((error: unknown) => {
      const { kind, message, cause } = asEngineError(error);
      throw new EngineError(kind, `Get ${JSON.stringify(root)}: ${message}`, cause);
    });
    headers.Authorization = `Bearer ${given.token}`;
    identityToken = given.identityToken;
  } else if (challenges.some(({ scheme }) => scheme === 'basic') && credentials.username && credentials.password) {
    headers.Authorization = basic(credentials);
  }
  const answer = await ask(root, headers);
  if (answer.status === 200) return identityToken;
  const words = `login attempt to ${root} failed with status: ${statusLine(answer)}`;
  throw new EngineError('internal', words);
}

function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

type Ask = (url: string, headers: Record<string, string>, form?: URLSearchParams) => Promise<Response>;

/** A bearer token from the realm that the challenge names: for the identity token if there is one, else for user and password. */
async function fetchToken(
  { realm, service = '' }: Record<string, string>,
  credentials: Credentials,
  ask: Ask,
): Promise<{ token: string; identityToken: string }> {
  const known = credentials.identityToken;
  const target = realmUrl(realm);
  const answer = known
    ? await ask(target.href, {}, refreshForm(service, known))
    : await ask(tokenUrl(target, service, credentials).href, passwordHeaders(credentials));
  if (answer.status < 200 || answer.status > 399) throw await refusal(answer);
  const given = await tokenIn(answer);
  const token = given.access_token || (known ? '' : given.token);
  if (!token && !known)
    throw new EngineError('internal', 'authorization server did not include a token in the response');
  return { token: token ?? '', identityToken: given.refresh_token || known };
}

function realmUrl(realm: string | undefined): URL {
  if (realm === undefined) throw new EngineError('internal', 'no realm specified for token auth challenge');
  try {
    return new URL(realm);
  } catch (error) {
    throw new EngineError('internal', `invalid token auth challenge realm: ${messageOf(error)}`, error);
  }
}

function refreshForm(service: string, token: string): URLSearchParams {
  const fields = { scope: '', service, client_id: clientId, grant_type: 'refresh_token', refresh_token: token };
  return new URLSearchParams(fields);
}

function tokenUrl(realm: URL, service: string, { username, password }: Credentials): URL {
  const url = new URL(realm);
  if (service) url.searchParams.append('service', service);
  url.searchParams.append('offline_token', 'true');
  url.searchParams.append('client_id', clientId);
  if (username && password) url.searchParams.append('account', username);
  return url;
}

function passwordHeaders(credentials: Credentials): Record<string, string> {
  return credentials.username && credentials.password ? { Authorization: basic(credentials) } : {};
}

interface TokenAnswer {
  token?: string;
  access_token?: string;
  refresh_token?: string;
}

async function tokenIn(answer: Response): Promise<TokenAnswer> {
  try {
    return (await answer.json()) as TokenAnswer;
  } catch (error) {
    throw new EngineError('internal', `unable to decode token response: ${messageOf(error)}`, error);
  }
}

interface RequestOptions {
  headers: Record<string, string>;
  insecure: boolean;
  form?: URLSearchParams;
}

async function request(url: string, { headers, insecure, form }: RequestOptions): Promise<Response> {
  const method = form ? 'POST' : 'GET';
  try {
    return await fetch(url, {
      method,
      headers,
      ...(form && { body: form }),
      signal: AbortSignal.timeout(patience),
      tls: { rejectUnauthorized: !insecure },
    });
  } catch (error) {
    throw connectionFailure(form ? 'Post' : 'Get', url, error);
  }
}
