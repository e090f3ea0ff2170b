import { EngineError } from '../kit/index.ts';
import type { Credentials, SearchResult } from './contract.ts';
import { isInsecure } from './endpoints.ts';
import { statusLine } from './failure.ts';
import { bytesOf } from './http/body.ts';
import type { Send } from './http/transport.ts';
import type { RegistrySettings } from './settings.ts';
import { basic } from './tokens.ts';

const hub = 'index.docker.io';
const answerMost = 16 << 20;

/** See Registry.search. */
export async function searchIndex(
  { send, settings }: { send: Send; settings: RegistrySettings },
  term: string,
  options: { limit: number; credentials?: Credentials; signal?: AbortSignal },
): Promise<SearchResult[]> {
  const { host, remote } = splitTerm(term);
  const insecure = await isInsecure(host, settings);
  const query = new URLSearchParams({ q: remote, n: String(options.limit || 25) });
  const { credentials, signal } = options;
  const proof: Record<string, string> =
    credentials?.username && credentials.password ? { Authorization: basic(credentials) } : {};
  let failure: unknown;
  for (const scheme of insecure ? ['https', 'http'] : ['https']) {
    try {
      const url = `${scheme}://${host}/v1/search?${query}`;
      const headers = { 'X-Docker-Token': 'true', ...proof };
      const answer = await send(url, { headers, insecure, ...(signal && { signal }) });
      if (answer.status !== 200) {
        throw new EngineError('internal', `Unexpected status code ${statusLine(answer).split(' ')[0]}`);
      }
      const found = JSON.parse(Buffer.from(await bytesOf(answer, answerMost)).toString()) as { results?: unknown };
      return Array.isArray(found.results) ? found.results.map(resultOf) : [];
    } catch (error) {
      failure = error;
      if (!(error instanceof EngineError) || error.cause === undefined) break;
    }
  }
  throw failure;
}

/** `host/term`; without a host it is Docker Hub's. */
function splitTerm(term: string): { host: string; remote: string } {
  const slash = term.indexOf('/');
  const first = term.slice(0, Math.max(0, slash));
  if (slash < 0 || !(/[.:]/.test(first) || first === 'localhost')) {
    return { host: hub, remote: term.replace(/^library\//, '') };
  }
  return { host: first === 'docker.io' ? hub : first, remote: term.slice(slash + 1) };
}

function resultOf(found: unknown): SearchResult {
  const { name, description, star_count, is_official, is_automated } = (found ?? {}) as Partial<SearchResult>;
  return {
    star_count: Number(star_count ?? 0),
    is_official: is_official === true,
    name: String(name ?? ''),
    is_automated: is_automated === true,
    description: String(description ?? ''),
  };
}
