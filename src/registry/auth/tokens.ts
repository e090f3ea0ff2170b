import { EngineError, messageOf } from '../../kit/index.ts';
import type { Credentials } from '../contract.ts';
import type { Send } from '../http/transport.ts';
import { refusal } from '../session/failure.ts';

const clientId = 'docker';
const patience = 15_000;
/** As long as a token lasts whose server does not say. */
const usualSeconds = 60;

/** What a token server gave. */
export interface Token {
  token: string;
  /** To keep in the password's place; empty where it gave none. */
  identityToken: string;
  /** Until when it may be used, in ms since 1970. */
  expires: number;
}

export interface TokenRequest {
  /** The parameters of the registry's challenge. */
  challenge: Record<string, string>;
  credentials: Credentials;
  /** What it is for: `repository:library/busybox:pull`. */
  scopes: string[];
  insecure: boolean;
  /** Whether a token to keep is asked for. */
  offline: boolean;
  signal?: AbortSignal;
}

/** A bearer token from the realm of a challenge: for the identity token if there is one, else for user and password. */
export async function fetchToken(send: Send, request: TokenRequest): Promise<Token> {
  const { challenge, credentials, insecure, signal } = request;
  const known = credentials.identityToken;
  const target = realmUrl(challenge.realm);
  const usual = { insecure, patience, ...(signal && { signal }) };
  const answer = known
    ? await send(target.href, { ...usual, method: 'POST', body: () => refreshForm(request) })
    : await send(tokenUrl(target, request).href, { ...usual, headers: passwordHeaders(credentials) });
  if (answer.status < 200 || answer.status > 399) throw await refusal(answer);
  const given = await tokenIn(answer);
  const token = given.access_token || (known ? '' : given.token);
  if (!token && !known)
    throw new EngineError('internal', 'authorization server did not include a token in the response');
  const seconds = Math.max(usualSeconds, given.expires_in ?? 0);
  return { token: token ?? '', identityToken: given.refresh_token || known, expires: Date.now() + seconds * 1000 };
}

export function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function realmUrl(realm: string | undefined): URL {
  if (realm === undefined) throw new EngineError('internal', 'no realm specified for token auth challenge');
  try {
    return new URL(realm);
  } catch (error) {
    throw new EngineError('internal', `invalid token auth challenge realm: ${messageOf(error)}`, error);
  }
}

function refreshForm({ challenge, credentials, scopes }: TokenRequest): URLSearchParams {
  return new URLSearchParams({
    scope: scopes.join(' '),
    service: challenge.service ?? '',
    client_id: clientId,
    grant_type: 'refresh_token',
    refresh_token: credentials.identityToken,
  });
}

function tokenUrl(realm: URL, { challenge, credentials, scopes, offline }: TokenRequest): URL {
  const url = new URL(realm);
  const { username, password } = credentials;
  if (challenge.service) url.searchParams.append('service', challenge.service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (offline) {
    url.searchParams.append('offline_token', 'true');
    url.searchParams.append('client_id', clientId);
  }
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
  expires_in?: number;
}

async function tokenIn(answer: Response): Promise<TokenAnswer> {
  try {
    return (await answer.json()) as TokenAnswer;
  } catch (error) {
    throw new EngineError('internal', `unable to decode token response: ${messageOf(error)}`, error);
  }
}
