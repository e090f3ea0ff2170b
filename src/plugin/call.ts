import { readFileSync } from 'node:fs';
import { EngineError, messageOf } from '../kit/index.ts';
import type { CallOptions } from './contract.ts';
import type { Address } from './discover.ts';

/** What a plugin is told that the engine speaks. */
const mediaType = 'application/vnd.docker.plugins.v1.2+json';
const patience = 60_000;
/** Rests between tries, in seconds, while nobody listens. */
const rests = [1, 2, 4, 8];

/** One call of a method at a plugin's address, as Plugin.call promises. */
export async function callPlugin(
  address: Address,
  method: string,
  body: object | undefined,
  options: CallOptions = {},
): Promise<Record<string, unknown>> {
  const response = await send(address, method, body, options);
  const text = await response.text();
  const answer = parse(text);
  if (response.status !== 200) {
    const said = typeof answer?.Err === 'string' && answer.Err !== '' ? answer.Err : text.trim();
    throw new EngineError('internal', `${method}: ${said}`);
  }
  if (answer === undefined) throw new EngineError('internal', `${method}: the answer is not a JSON object`);
  if (typeof answer.Err === 'string' && answer.Err !== '') throw new EngineError('internal', answer.Err);
  return answer;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined; // no JSON, which the caller says
  }
}

async function send(
  address: Address,
  method: string,
  body: object | undefined,
  options: CallOptions,
): Promise<Response> {
  for (const rest of options.once ? [undefined] : [...rests, undefined]) {
    try {
      return await post(address, method, body, options.timeout ?? patience);
    } catch (error) {
      if (rest === undefined || !isRefused(error)) throw explained(error, address, method);
      await new Promise((resolve) => setTimeout(resolve, rest * 1000));
    }
  }
  throw new Error('unreachable: the last try returns or throws');
}

function post(address: Address, method: string, body: object | undefined, timeout: number): Promise<Response> {
  const { origin, more } = transport(address);
  return fetch(`${origin}/${method}`, {
    ...more,
    method: 'POST',
    headers: { Accept: mediaType },
    // Bytes, since a text would get a type that Docker does not send.
    ...(body && { body: Buffer.from(`${JSON.stringify(body)}\n`) }),
    keepalive: false,
    signal: AbortSignal.timeout(timeout),
  });
}

function transport({ url, tls }: Address): { origin: string; more: BunFetchRequestInit } {
  if (url.startsWith('unix://')) {
    return { origin: 'http://plugin.moby.localhost', more: { unix: url.slice('unix://'.length) } };
  }
  const scheme = tls ? 'https' : 'http';
  const origin = url.replace(/^tcp:/, `${scheme}:`).replace(/\/$/, '');
  if (!tls) return { origin, more: { proxy: '' } };
  const { ca, cert, key, insecure } = tls;
  const files = {
    ...(ca && { ca: readFileSync(ca, 'utf8') }),
    ...(cert && { cert: readFileSync(cert, 'utf8') }),
    ...(key && { key: readFileSync(key, 'utf8') }),
  };
  return { origin, more: { proxy: '', tls: { ...files, rejectUnauthorized: !insecure } } };
}

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? '';

/** Nobody took the request, so that it may be sent again. */
function isRefused(error: unknown): boolean {
  return ['ConnectionRefused', 'ECONNREFUSED', 'FailedToOpenSocket', 'ENOENT'].includes(codeOf(error));
}

function explained(error: unknown, { url }: Address, method: string): EngineError {
  const late = (error as { name?: string }).name === 'TimeoutError';
  const why = late
    ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
    : isRefused(error)
      ? `dial ${url.replace('://', ' ')}: connect: connection refused`
      : messageOf(error);
  return new EngineError('internal', `Post "${url}/${method}": ${why}`, error);
}
