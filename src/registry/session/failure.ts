import { EngineError, type ErrorKind } from '../../kit/index.ts';
import { parseChallenges } from '../auth/challenge.ts';

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
  detail?: unknown;
}

/** What the distribution specification says of each code: its message, and which kind of error it is. */
const known: Record<string, [message: string, kind: ErrorKind]> = {
  UNKNOWN: ['unknown error', 'internal'],
  UNSUPPORTED: ['The operation is unsupported.', 'internal'],
  UNAUTHORIZED: ['authentication required', 'unauthorized'],
  DENIED: ['requested access to the resource is denied', 'forbidden'],
  UNAVAILABLE: ['service unavailable', 'unavailable'],
  TOOMANYREQUESTS: ['too many requests', 'limited'],
  DIGEST_INVALID: ['provided digest did not match uploaded content', 'invalid'],
  SIZE_INVALID: ['provided length did not match content length', 'invalid'],
  NAME_INVALID: ['invalid repository name', 'invalid'],
  TAG_INVALID: ['manifest tag did not match URI', 'invalid'],
  NAME_UNKNOWN: ['repository name not known to registry', 'notFound'],
  MANIFEST_UNKNOWN: ['manifest unknown', 'notFound'],
  MANIFEST_INVALID: ['manifest invalid', 'invalid'],
  MANIFEST_UNVERIFIED: ['manifest failed signature verification', 'invalid'],
  MANIFEST_BLOB_UNKNOWN: ['blob unknown to registry', 'invalid'],
  BLOB_UNKNOWN: ['blob unknown to registry', 'notFound'],
  BLOB_UPLOAD_UNKNOWN: ['blob upload unknown to registry', 'notFound'],
  BLOB_UPLOAD_INVALID: ['blob upload invalid', 'notFound'],
};
const codeOf: Record<number, string> = { 401: 'UNAUTHORIZED', 403: 'DENIED', 429: 'TOOMANYREQUESTS' };

/** What a registry's refusal was, as the cause of the error that tells of it. */
export interface Refusal {
  status: number;
  /** As the registry names it (`MANIFEST_UNKNOWN`); empty where it gave no name. */
  code: string;
  /** After how many seconds to ask again, if it said so. */
  retryAfter?: number;
  /** It said no more than its code. */
  bare?: boolean;
  /** The first of its errors in words. */
  first?: string;
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
  const [first = {}] = errors;
  const code = first.code ?? 'UNKNOWN';
  const words = errors.map(wordsOf);
  const text = words.length > 1 ? `errors:\n${words.join('\n')}\n` : words.join('');
  const bare = isBare(first);
  return new EngineError(known[code]?.[1] ?? 'internal', text, { ...told, code, bare, first: wordsOf(first) });
}

/** As Docker says one error of a list: the code alone where nothing was said but what the code means anyway. */
function wordsOf(error: RegistryError): string {
  const code = (known[error.code ?? ''] ? (error.code ?? '') : 'UNKNOWN').toLowerCase().replaceAll('_', ' ');
  return isBare(error) ? code : `${code}: ${error.message ?? ''}`;
}

function isBare({ code = 'UNKNOWN', message = '', detail }: RegistryError): boolean {
  return (detail ?? undefined) === undefined && (message === '' || message === known[code]?.[0]);
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
  return code === undefined ? [] : [{ code, message: message || (known[code]?.[0] ?? '') }];
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
    // Not the JSON that it says it is.
  }
  const said = JSON.stringify(text);
  throw new EngineError(
    'internal',
    `error parsing HTTP ${answer.status} response body: no error details found in HTTP response body: ${said}`,
    { status: answer.status, code: '' },
  );
}
