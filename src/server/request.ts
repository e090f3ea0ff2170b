import { EngineError } from '../kit/index.ts';
import type { Body, Exchange } from './http/index.ts';
import type { Query } from './query.ts';

/** One request on its route. */
export interface Request extends Exchange {
  /** The API version the client speaks: that of its path, else the newest. */
  version: string;
  /** What stands in place of `{name}` in the route. */
  name: string;
  query: Query;
}

/** Writes the answer; what it throws before that becomes the answer. */
export type Handler = (request: Request) => Promise<void>;

/** What a JSON body may have; the longest of Docker's clients are far below. */
const longestBody = 16 * 1024 * 1024;

export async function sendJson(request: Request, status: number, value: unknown): Promise<void> {
  await request.reply.bytes(status, 'application/json', `${JSON.stringify(value)}\n`);
}

/** The text of a JSON body; a body of another type is refused, an absent one is empty. */
export async function readJsonBody(request: Request): Promise<string> {
  const { body, head } = request;
  if (body.length === 0) return '';
  checkContentType(head.headers.get('content-type'));
  return readText(body);
}

/** The text of a body, whatever type it says it is. */
export async function readText(body: Body): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of body) {
      length += piece.length;
      if (length > longestBody) throw new Error('http: request body too large');
      pieces.push(piece);
    }
  } catch (error) {
    throw new EngineError('invalid', `invalid JSON: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  return Buffer.concat(pieces).toString('utf8');
}

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const parameters = new RegExp(`^(\\s*;\\s*${token}\\s*=\\s*(${token}|"([^"\\\\]|\\\\.)*"))*\\s*;?\\s*$`);

/** Only `application/json` is a JSON body; the words are Docker's and those of Go's mime package. */
export function checkContentType(value: string | undefined): void {
  const header = value ?? '';
  const semicolon = header.indexOf(';');
  const type = (semicolon === -1 ? header : header.slice(0, semicolon)).trim().toLowerCase();
  const problem = mediaTypeProblem(type, semicolon === -1 ? '' : header.slice(semicolon));
  if (problem) throw new EngineError('invalid', `malformed Content-Type header (${header}): mime: ${problem}`);
  if (type !== 'application/json') {
    throw new EngineError('invalid', `unsupported Content-Type header (${header}): must be 'application/json'`);
  }
}

function mediaTypeProblem(type: string, rest: string): string | undefined {
  const main = new RegExp(`^${token}`).exec(type)?.[0];
  if (main === undefined) return 'no media type';
  const after = type.slice(main.length);
  if (after !== '' && !after.startsWith('/')) return 'expected slash after first token';
  const sub = new RegExp(`^/${token}`).exec(after)?.[0];
  if (after !== '' && sub === undefined) return 'expected token after slash';
  if (sub !== undefined && sub !== after) return 'unexpected content after media subtype';
  return parameters.test(rest) ? undefined : 'invalid media parameter';
}
