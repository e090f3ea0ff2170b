import { EngineError } from '../../kit/index.ts';
import { parseReference } from '../../oci/index.ts';
import type { SearchResult } from '../../registry/index.ts';
import type { Backends } from '../contract.ts';
import { requestCredentials } from '../credentials.ts';
import { parseInteger, type Query } from '../query.ts';
import { type Handler, sendJson } from '../request.ts';
import type { Route } from '../router.ts';

/** What registries have: one image, and what a search finds. */
export function registryRoutes(backends: Pick<Backends, 'images' | 'registry'>): Route[] {
  return [
    ['GET', '/distribution/{name}/json', inspectHandler(backends)],
    ['GET', '/images/search', searchHandler(backends)],
  ];
}

function inspectHandler({ images }: Pick<Backends, 'images'>): Handler {
  return async (request) => {
    const { name, gone } = request;
    if (/^(sha256:)?[0-9a-f]{64}$/.test(name)) {
      throw new EngineError('internal', 'no manifest found for full image ID');
    }
    const reference = parseReference(name);
    const found = await images.remote({ reference, credentials: requestCredentials(request), signal: gone });
    await sendJson(request, 200, found);
  };
}

function searchHandler({ registry }: Pick<Backends, 'registry'>): Handler {
  return async (request) => {
    const { query, gone } = request;
    const limit = limitOf(query);
    const keep = filterOf(query.filters());
    const options = { limit, credentials: requestCredentials(request), signal: gone };
    const found = await registry.search(query.text('term'), options);
    await sendJson(request, 200, found.filter(keep));
  };
}

function limitOf(query: Query): number {
  const text = query.text('limit');
  if (text === '') return 0;
  let limit: number;
  try {
    limit = parseInteger(text, 'Atoi');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new EngineError('invalid', `invalid limit specified: ${why}`, error);
  }
  if (limit < 0 || limit > 100) {
    throw new EngineError('invalid', `limit ${limit} is outside the range of [1, 100]`);
  }
  return limit;
}

const names = ['is-automated', 'is-official', 'stars'];

function filterOf(filters: Record<string, string[]>): (found: SearchResult) => boolean {
  const unknown = Object.keys(filters).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new EngineError('invalid', `invalid filter '${unknown}'`);
  const automated = yesOrNo(filters, 'is-automated');
  const official = yesOrNo(filters, 'is-official');
  const stars = Math.max(0, ...(filters.stars ?? []).map(starsOf));
  return (found) =>
    (automated === undefined || found.is_automated === automated) &&
    (official === undefined || found.is_official === official) &&
    found.star_count >= stars;
}

function yesOrNo(filters: Record<string, string[]>, name: string): boolean | undefined {
  const values = filters[name];
  if (!values || values.length === 0) return undefined;
  const yes = values.some((value) => ['1', 'true'].includes(value));
  const no = values.some((value) => ['0', 'false'].includes(value));
  if (yes === no) throw new EngineError('invalid', `invalid filter '${name}=[${values.join(' ')}]'`);
  return yes;
}

function starsOf(text: string): number {
  try {
    return parseInteger(text, 'Atoi');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new EngineError('invalid', `invalid filter 'stars=${text}': ${why}`, error);
  }
}
