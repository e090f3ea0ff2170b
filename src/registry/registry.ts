import { EngineError, type Log, messageOf } from '../kit/index.ts';
import { familiarName, familiarString } from '../oci/index.ts';
import { loginAt } from './auth/login.ts';
import type { AccessOptions, Credentials, Registry, Repository } from './contract.ts';
import { openUrl } from './http/open-url.ts';
import { createSend } from './http/transport.ts';
import { createRepository } from './repository/repository.ts';
import { searchIndex } from './search.ts';
import { type Endpoint, endpointsOf, isInsecure, loginEndpoints } from './session/endpoints.ts';
import { refusalOf } from './session/failure.ts';
import { openSession } from './session/session.ts';
import { translate } from './session/words.ts';
import { defaultSettings, type RegistrySettings } from './settings.ts';

/** The client of registries; it keeps nothing. */
export function createRegistry(options: {
  log: Log;
  settings?: () => RegistrySettings;
  userAgent?: string;
  /** Waits between two attempts, in ms. */
  pause?: (ms: number) => Promise<void>;
}): Registry {
  const { log, settings = () => defaultSettings, userAgent = 'tug', pause = (ms) => Bun.sleep(ms) } = options;
  const send: ReturnType<typeof createSend> = (url, asked) => createSend(settings(), userAgent)(url, asked);
  return {
    isInsecure: (domain) => isInsecure(domain, settings()),
    search: (term, asked) => searchIndex({ send, settings: settings() }, term, asked),
    open: (url, { signal }) => openUrl(send, url, signal),
    async login(credentials) {
      let failure: unknown;
      for (const endpoint of await loginEndpoints(credentials.serverAddress, settings())) {
        try {
          return { status: 'Login Succeeded', identityToken: await loginAt(send, endpoint, credentials) };
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
    async at(name, asked, work) {
      const endpoints = await endpointsOf(name, asked.access, settings());
      let failure: unknown;
      const spoke = new Set<string>();
      for (const endpoint of endpoints) {
        // Where TLS was answered nothing is sent without it.
        const { host, protocol } = new URL(endpoint.url);
        if (protocol === 'http:' && spoke.has(host)) continue;
        try {
          const repository = await connect({ endpoint, name, asked, send, pause });
          if (protocol === 'https:') spoke.add(host);
          return await work(repository);
        } catch (error) {
          asked.signal?.throwIfAborted();
          failure = error;
          if (!goesOn(error, endpoint)) break;
          log.info('Attempting next endpoint after error', { url: endpoint.url, error: messageOf(error) });
        }
      }
      throw translate(failure, asked.access, { whole: familiarString(name), repository: familiarName(name) });
    },
  };
}

async function connect({
  endpoint,
  name,
  asked,
  send,
  pause,
}: {
  endpoint: Endpoint;
  name: { path: string };
  asked: AccessOptions;
  send: ReturnType<typeof createSend>;
  pause: (ms: number) => Promise<void>;
}): Promise<Repository> {
  const path = endpoint.prefix ? `${endpoint.prefix}/${name.path}` : name.path;
  const session = await openSession({
    endpoint,
    // A mirror is somebody else: it is not shown what the user proves himself with.
    credentials: endpoint.mirror || !asked.credentials ? nobody : asked.credentials,
    scope: `repository:${path}:${asked.access === 'push' ? 'pull,push' : 'pull'}`,
    send,
    pause,
    ...(asked.signal && { signal: asked.signal }),
  });
  return createRepository(`${endpoint.url}/v2/${path}`, session);
}

const nobody: Credentials = { username: '', password: '', serverAddress: '', identityToken: '' };

/** Whether another endpoint may do better: a mirror's failure is never the last word. */
function goesOn(error: unknown, endpoint: Endpoint): boolean {
  if (endpoint.mirror) return true;
  const refused = refusalOf(error);
  if (refused) return ['', 'UNAUTHORIZED', 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN'].includes(refused.code);
  return error instanceof EngineError && error.cause !== undefined;
}
