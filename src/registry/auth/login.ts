import { asEngineError, EngineError } from '../../kit/index.ts';
import type { Credentials } from '../contract.ts';
import type { Send } from '../http/transport.ts';
import type { Endpoint } from '../session/endpoints.ts';
import { statusLine } from '../session/failure.ts';
import { parseChallenges } from './challenge.ts';
import { basic, fetchToken } from './tokens.ts';

const patience = 15_000;

/** Resolves to the identity token that the registry gave; the empty text when it gave none. */
export async function loginAt(send: Send, { url, insecure }: Endpoint, credentials: Credentials): Promise<string> {
  const root = `${url}/v2/`;
  const ask = (headers: Record<string, string>) => send(root, { headers, insecure, patience });
  const first = await ask({});
  const challenges = first.status === 401 ? parseChallenges(first.headers.get('www-authenticate') ?? '') : [];
  await first.body?.cancel();
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  const headers: Record<string, string> = {};
  let identityToken = credentials.identityToken;
  if (bearer) {
    const request = { challenge: bearer.parameters, credentials, scopes: [], insecure, offline: true };
    const given = await fetchToken(send, request).catch((error: unknown) => {
      const { kind, message, cause } = asEngineError(error);
      throw new EngineError(kind, `Get ${JSON.stringify(root)}: ${message}`, cause);
    });
    headers.Authorization = `Bearer ${given.token}`;
    identityToken = given.identityToken;
  } else if (challenges.some(({ scheme }) => scheme === 'basic') && credentials.username && credentials.password) {
    headers.Authorization = basic(credentials);
  }
  const answer = await ask(headers);
  await answer.body?.cancel();
  if (answer.status === 200) return identityToken;
  throw new EngineError('internal', `login attempt to ${root} failed with status: ${statusLine(answer)}`);
}
