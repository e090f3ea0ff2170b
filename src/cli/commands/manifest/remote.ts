import { EngineError, silent } from '../../../kit/index.ts';
import {
  type Descriptor,
  familiarString,
  type ImageConfig,
  type Index,
  isIndexType,
  type Reference,
} from '../../../oci/index.ts';
import {
  createRegistry,
  defaultSettings,
  type FetchedManifest,
  type Registry,
  type Repository,
} from '../../../registry/index.ts';
import type { Context } from '../../command.ts';
import { findLogin, registryOf } from '../../config/credentials.ts';
import { wholeName } from '../image/pull.ts';
import { type ListedManifest, listed, platformOf } from './manifest.ts';

const configMost = 8 << 20;
const signal = new AbortController().signal;

/** What a registry has under a name. */
export type Remote =
  | { kind: 'manifest'; manifest: ListedManifest; bytes: Uint8Array }
  | { kind: 'list'; bytes: Uint8Array; entries: Descriptor[] };

/** The registries that a command line speaks to itself, as the user whose logins are kept. */
export interface Remotes {
  /** Fails with `no such manifest: …` where the registry has none. */
  fetch(reference: Reference): Promise<Remote>;
  /** One manifest of a list. */
  fetchEntry(reference: Reference, entry: Descriptor): Promise<ListedManifest>;
  push<T>(reference: Reference, work: (repository: Repository) => Promise<T>): Promise<T>;
}

export function createRemotes({ config, env }: Context, insecure: boolean): Remotes {
  const proxy = (name: string) => env[name] ?? env[name.toLowerCase()] ?? '';
  const proxies = { http: proxy('HTTP_PROXY'), https: proxy('HTTPS_PROXY'), none: proxy('NO_PROXY') };
  const at = async <T>(
    reference: Reference,
    access: 'inspect' | 'push',
    work: (repository: Repository) => Promise<T>,
  ) => {
    const registry: Registry = createRegistry({
      log: silent,
      settings: () => ({ ...defaultSettings, proxies, insecure: insecure ? [reference.domain] : [] }),
    });
    const login = await findLogin(config, registryOf(familiarString(reference)));
    const credentials = {
      username: login.username ?? '',
      password: login.password ?? '',
      serverAddress: login.serveraddress ?? '',
      identityToken: login.identitytoken ?? '',
      ...(login.registrytoken && { registryToken: login.registrytoken }),
    };
    return registry.at(reference, { access, credentials }, work);
  };
  return {
    push: (reference, work) => at(reference, 'push', work),
    async fetch(reference) {
      try {
        return await at(reference, 'inspect', async (repository) => {
          const fetched = await repository.manifest(reference.digest ?? reference.tag ?? 'latest');
          if (isIndexType(fetched.mediaType))
            return { kind: 'list' as const, bytes: fetched.bytes, entries: entriesOf(fetched) };
          const manifest = await described(repository, wholeName(reference), fetched);
          return { kind: 'manifest' as const, manifest, bytes: fetched.bytes };
        });
      } catch (error) {
        if (!(error instanceof EngineError) || error.kind !== 'notFound') throw error;
        throw new Error(`no such manifest: ${wholeName(reference)}`, { cause: error });
      }
    },
    fetchEntry: (reference, entry) =>
      at(reference, 'inspect', async (repository) => {
        const fetched = await repository.manifest(entry.digest);
        const own = await described(repository, `${wholeName({ ...reference })}@${entry.digest}`, fetched);
        return { ...own, Descriptor: { ...own.Descriptor, platform: platformOf(entry.platform) } };
      }),
  };
}

function entriesOf({ bytes }: FetchedManifest): Descriptor[] {
  return (JSON.parse(Buffer.from(bytes).toString()) as Index).manifests ?? [];
}

/** A manifest with the platform of its image's config. */
async function described(repository: Repository, name: string, fetched: FetchedManifest): Promise<ListedManifest> {
  const { mediaType, digest, bytes } = fetched;
  const { config } = JSON.parse(Buffer.from(bytes).toString()) as { config?: Descriptor };
  if (!config) throw new Error(`unsupported manifest format: ${mediaType}`);
  const platform = platformOf(await fetchConfig(repository, config));
  return listed(name, { mediaType, digest, size: bytes.length, platform }, bytes);
}

async function fetchConfig(repository: Repository, { digest, size }: Descriptor): Promise<ImageConfig> {
  if (size > configMost) throw new Error('the image config is too long');
  const { bytes } = await repository.blob(digest, { offset: 0, signal });
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of bytes) {
    length += piece.length;
    if (length > configMost) throw new Error('the image config is too long');
    pieces.push(piece);
  }
  return JSON.parse(Buffer.concat(pieces).toString()) as ImageConfig;
}
