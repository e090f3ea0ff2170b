import { EngineError, type ErrorKind } from '../kit/index.ts';
import { parseChallenges } from './challenge.ts';

/** A request that got no answer, in the words of Go's client. */
export function connectionFailure(method: string, url: string, error: unknown): EngineError {
  const { code = '', message } = error as { code?: string; message: string };
  const { hostname, host, port, protocol } = new URL(url);
  const address = port === '' ? `${host}:${protocol === 'https:' ? 443 : 80}` : host;
  const reasons: Record<string, string> = {
    ConnectionRefused: `dial tcp ${address}: connect: connection refused`,
    ECONNREFUSED: `dial tcp ${address}: connect: connection refused`,
    ENOTFOUND: `dial tcp: lookup ${hostname}: no such host`,
    FailedToOpenSocket: `dial tcp: lookup ${hostname}: no such host`,
    ConnectionClosed: 'EOF',
    ECONNRESET: `read tcp ${address}: read: connection reset by peer`,
    TimeoutError: 'net/http: request canceled (Client.Timeout exceeded while awaiting headers)',
    DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
    SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  };
  const name = (error as { name?: string }).name ?? '';
  const reason = reasons[code] ?? reasons[name] ?? message;
  return new EngineError('internal', `${method} ${JSON.stringify(url)}: ${reason}`, error);
}

const unknownAuthority = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';

interface RegistryError {
  code?: string;
  message?: string;
}

const wordsOf: Record<string, string> = {
  MANIFEST_UNKNOWN: 'manifest unknown',
  NAME_UNKNOWN: 'repository name not known to registry',
  BLOB_UNKNOWN: 'blob unknown to registry',
  UNAUTHORIZED: 'authentication required',
  DENIED: 'requested access to the resource is denied',
  TOOMANYREQUESTS: 'too many requests',
  UNKNOWN: 'unknown error',
};
const kindOf: Record<string, ErrorKind> = { UNAUTHORIZED: 'unauthorized', DENIED: 'forbidden' };
const codeOf: Record<number, string> = { 401: 'UNAUTHORIZED', 403: 'DENIED', 429: 'TOOMANYREQUESTS' };

/** What a registry's refusal was, as the cause of the error that tells of it. */
export interface Refusal {
  status: number;
  /** As the registry names it (`MANIFEST_UNKNOWN`); empty where it gave no name. */
  code: string;
  /** After how many seconds to ask again, if it said so. */
  retryAfter?: number;
}

/** The refusal behind an error; undefined for any other. */
export function refusalOf(error: unknown): Refusal | undefined {
  const cause = error instanceof EngineError ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'code' in cause && 'status' in cause
    ? (cause as Refusal)
    : undefined;
}

/** Whether the same request may succeed a little later: the connection broke, or the registry is busy or ill. */
export function isTemporary(error: unknown): boolean {
  const refused = refusalOf(error);
  if (refused) return refused.status === 429 || refused.status >= 500;
  const cause =
    error instanceof EngineError ? (error.cause as { code?: string; name?: string } | undefined) : undefined;
  return temporary.has(cause?.code ?? '') || temporary.has(cause?.name ?? '');
}

const temporary = new Set(['ConnectionClosed', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'TimeoutError', 'Truncated']);

/** A refusal of a registry or its token server, whose body is read; `unauthorized` when it does not believe the credentials. */
export async function refusal(answer: Response): Promise<EngineError> {
  const { status } = answer;
  const retryAfter = secondsIn(answer.headers.get('retry-after'));
  const told = { status, ...(retryAfter !== undefined && { retryAfter }) };
  if (status < 400 || status >= 500) {
    await answer.body?.cancel();
    return new EngineError('internal', `received unexpected HTTP status: ${statusLine(answer)}`, { ...told, code: '' });
  }
  const errors = [...challengeErrors(answer), ...(await bodyErrors(answer))];
  const words = errors.map(({ code = 'UNKNOWN', message }) => {
    const said = message ?? wordsOf[code] ?? code.toLowerCase();
    return `${code.toLowerCase().replaceAll('_', ' ')}: ${said}`;
  });
  const code = errors[0]?.code ?? '';
  const text = words.length > 1 ? `errors:\n${words.join('\n')}\n` : words.join('');
  return new EngineError(kindOf[code] ?? 'internal', text, { ...told, code });
}

/** `Retry-After` is seconds or a date. */
function secondsIn(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}

export function statusLine({ status, statusText }: Response): string {
  return `${status} ${statusText}`.trim();
}

function challengeErrors(answer: Response): RegistryError[] {
  const bearer = parseChallenges(answer.headers.get('www-authenticate') ?? '').find(
    ({ scheme }) => scheme === 'bearer',
  );
  const { error, error_description: message } = bearer?.parameters ?? {};
  const code = { invalid_token: 'UNAUTHORIZED', insufficient_scope: 'DENIED' }[error ?? ''];
  return code === undefined ? [] : [{ code, message: message || (wordsOf[code] ?? '') }];
}

/** What the body lists as errors; a body that is no such list is one error of the status. */
async function bodyErrors(answer: Response): Promise<RegistryError[]> {
  const text = await answer.text();
  const code = codeOf[answer.status] ?? 'UNKNOWN';
  if (!/^application\/(vnd\.api\+)?json\b/.test(answer.headers.get('content-type') ?? ''))
    return [{ code, message: text }];
  try {
    const body = JSON.parse(text) as { details?: string; errors?: RegistryError[] };
    if (typeof body.details === 'string' && body.details !== '') return [{ code, message: body.details }];
    if (Array.isArray(body.errors) && body.errors.length > 0) return body.errors;
  } catch {
    // Not the JSON that it says it is: only the status is left.
  }
  return [{ code }];
}
