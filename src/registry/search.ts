import { EngineError, messageOf } from '../kit/index.ts';
import { basic } from './auth/tokens.ts';
import type { Credentials, SearchResult } from './contract.ts';
import { bytesOf } from './http/body.ts';
import type { Send } from './http/transport.ts';
import { isInsecure } from './session/endpoints.ts';
import type { RegistrySettings } from './settings.ts';

const hub = 'index.docker.io';
const answerMost = 16 << 20;

/** See Registry.search. */
export async function searchIndex(
  { send, settings }: { send: Send; settings: RegistrySettings },
  term: string,
  options: { limit: number; credentials?: Credentials; signal?: AbortSignal },
): Promise<SearchResult[]> {
  if (/^https?:\/\//.test(term)) {
    const why = `repository name (${term}) should not have a scheme`;
    throw new EngineError('invalid', `invalid repository name: ${why}`);
  }
  const { host, remote } = splitTerm(term);
  const insecure = await isInsecure(host, settings);
  const query = new URLSearchParams({ q: remote, n: String(options.limit || 25) });
  const { credentials, signal } = options;
  const proof: Record<string, string> =
    credentials?.username && credentials.password ? { Authorization: basic(credentials) } : {};
  const usual = { insecure, ...(signal && { signal }) };
  const base = host === hub ? `https://${host}/v1/` : await indexAt(send, host, usual);
  const answer = await send(`${base}search?${query}`, { ...usual, headers: { 'X-Docker-Token': 'true', ...proof } });
  if (answer.status !== 200) {
    await answer.body?.cancel();
    throw new EngineError('internal', `Unexpected status code ${answer.status}`);
  }
  const found = JSON.parse(Buffer.from(await bytesOf(answer, answerMost)).toString()) as { results?: unknown };
  return Array.isArray(found.results) ? found.results.map(resultOf) : [];
}

/** Where a host answers as an index; without TLS only where that is not insisted on. */
async function indexAt(send: Send, host: string, usual: { insecure: boolean; signal?: AbortSignal }): Promise<string> {
  const ping = async (scheme: string) => {
    const base = `${scheme}://${host}/v1/`;
    const answer = await send(`${base}_ping`, usual);
    await answer.body?.cancel();
    return base;
  };
  try {
    return await ping('https');
  } catch (tls) {
    if (!usual.insecure) {
      const flag = `please add \`--insecure-registry ${host}\` to the daemon's arguments`;
      const advice = `If this private registry supports only HTTP or HTTPS with an unknown CA certificate, ${flag}. In the case of HTTPS, if you have access to the registry's CA certificate, no need for the flag; simply place the CA certificate at /etc/docker/certs.d/${host}/ca.crt`;
      throw new EngineError(
        'invalid',
        `invalid registry endpoint https://${host}/v1/: ${messageOf(tls)}. ${advice}`,
        tls,
      );
    }
    try {
      return await ping('http');
    } catch (plain) {
      const both = `HTTPS attempt: ${messageOf(tls)}. HTTP attempt: ${messageOf(plain)}`;
      throw new EngineError('invalid', `invalid registry endpoint "http://${host}/v1/". ${both}`, plain);
    }
  }
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
  const { name, description, star_count, is_official } = (found ?? {}) as Partial<SearchResult>;
  return {
    star_count: Number(star_count ?? 0),
    is_official: is_official === true,
    name: String(name ?? ''),
    // Nothing is told to be automated any more.
    is_automated: false,
    description: String(description ?? ''),
  };
}
