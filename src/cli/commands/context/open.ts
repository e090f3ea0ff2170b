import type { Context } from '../../command.ts';
import {
  type ContextMetadata,
  type ContextStore,
  checkContextName,
  createContextStore,
  NoSuchContext,
  type TlsFiles,
} from '../../endpoint/contexts.ts';
import { defaultEndpoint } from '../../endpoint/resolve.ts';

/** What is said of the context that is none. */
export const defaultDescription = 'Current DOCKER_HOST based configuration';

/** The kept contexts and `default`, which is made of the options and the environment. */
export interface Contexts extends Pick<ContextStore, 'put' | 'remove' | 'putTls'> {
  get(name: string): Promise<ContextMetadata>;
  list(): Promise<ContextMetadata[]>;
  tls(name: string): Promise<TlsFiles>;
  paths: ContextStore['paths'];
}

export function openContexts({ config, globals, env }: Pick<Context, 'config' | 'globals' | 'env'>): Contexts {
  const store = createContextStore(config.directory);
  const fallback = async (): Promise<ContextMetadata> => {
    const { host, tls } = await defaultEndpoint(globals, env);
    const docker = { Host: host, SkipTLSVerify: tls ? !tls.verify : false };
    return { Name: 'default', Metadata: {}, Endpoints: { docker } };
  };
  const fallbackTls = async (): Promise<TlsFiles> => {
    const { tls } = await defaultEndpoint(globals, env);
    const named = { 'ca.pem': tls?.ca, 'cert.pem': tls?.cert, 'key.pem': tls?.key };
    const files = Object.entries(named).flatMap(([name, text]) => (text ? [[name, Buffer.from(text)]] : []));
    return files.length > 0 ? { docker: Object.fromEntries(files) as Record<string, Buffer> } : {};
  };
  return {
    ...store,
    get: (name) => (name === 'default' ? fallback() : store.get(name)),
    list: async () => [...(await store.list()), await fallback()],
    tls: (name) => (name === 'default' ? fallbackTls() : store.tls(name)),
    paths: (name) => (name === 'default' ? { MetadataPath: '<IN MEMORY>', TLSPath: '<IN MEMORY>' } : store.paths(name)),
  };
}

/** Refuses a name that cannot be or is taken. */
export async function checkNewName(contexts: Contexts, name: string): Promise<void> {
  checkContextName(name);
  try {
    await contexts.get(name);
  } catch (error) {
    if (error instanceof NoSuchContext) return;
    throw new Error(`error while getting existing contexts: ${(error as Error).message}`, { cause: error });
  }
  throw new Error(`context ${JSON.stringify(name)} already exists`);
}
