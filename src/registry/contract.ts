/** What a user proves himself with; `serverAddress` is a host, `host:port` or a URL, empty for Docker Hub. */
export interface Credentials {
  username: string;
  password: string;
  serverAddress: string;
  /** Instead of a password: what an earlier login gave. */
  identityToken: string;
  /** A bearer token for the registry itself. */
  registryToken?: string;
}

/** A repository: `docker.io`, `library/busybox`. */
export interface RepositoryName {
  domain: string;
  path: string;
}

/** Image registries. */
export interface Registry {
  /**
   * Checks the credentials with the registry. `identityToken` is empty unless the registry gave one to keep in the password's
   * place. `unauthorized` when it refuses them, `invalid` for an address that is none.
   */
  login(credentials: Credentials): Promise<{ status: string; identityToken: string }>;
  /**
   * Does `work` with the repository at the first place that can do it: mirrors (only to pull), then the registry itself. Errors are in
   * Docker's words; what is not there or not allowed is `notFound`.
   */
  at<T>(
    name: RepositoryName & { tag?: string; digest?: string },
    options: AccessOptions,
    work: (repository: Repository) => Promise<T>,
  ): Promise<T>;
  /** Searches an index of version 1, as Docker Hub's; a registry may stand before the term (`host/term`). */
  search(
    term: string,
    options: { limit: number; credentials?: Credentials; signal?: AbortSignal },
  ): Promise<SearchResult[]>;
  /**
   * What a URL of http or https names (`http://` goes without saying), after at most 9 redirects, in Docker's words where it fails. What
   * the settings say of proxies and certificates counts. A body that ends too early throws.
   */
  open(url: string, options: { signal?: AbortSignal }): Promise<UrlBody>;
  /** Whether TLS is not insisted on there. */
  isInsecure(domain: string): Promise<boolean>;
}

/** The bytes behind a URL, whose password is not shown; `size` where it was told. */
export interface UrlBody {
  url: string;
  size?: number;
  bytes: AsyncIterable<Uint8Array>;
}

/** `inspect` reads as `pull` does; its errors do not speak of pulling. */
export type Access = 'pull' | 'push' | 'inspect';

export interface AccessOptions {
  access: Access;
  credentials?: Credentials;
  signal?: AbortSignal;
}

export interface SearchResult {
  name: string;
  description: string;
  star_count: number;
  is_official: boolean;
  is_automated: boolean;
}

/** A manifest as it came; its digest was checked if it was asked for by one. */
export interface FetchedManifest {
  mediaType: string;
  digest: string;
  bytes: Uint8Array;
}

/** One repository at one place. Everything may fail for a while; `isTemporary` tells. */
export interface Repository {
  /** By tag or digest. */
  manifest(reference: string): Promise<FetchedManifest>;
  tags(): Promise<string[]>;
  /** The bytes of a blob from `offset` on; from 0 where the registry cannot do that. `size` is of the whole blob, if it is told. */
  blob(digest: string, options: { offset: number; signal: AbortSignal }): Promise<BlobBody>;
  /** The size of a blob that the repository has. */
  blobSize(digest: string): Promise<number | undefined>;
  /** Begins an upload; undefined when the blob could be taken over from the repository `from` instead. */
  upload(mount?: { digest: string; from: string }): Promise<Upload | undefined>;
  /** Puts a manifest under a tag or its digest. */
  putManifest(reference: string, manifest: { mediaType: string; bytes: Uint8Array }): Promise<void>;
}

export interface BlobBody {
  offset: number;
  size?: number;
  bytes: AsyncIterable<Uint8Array>;
}

/** A blob on its way to a registry. */
export interface Upload {
  /** Sends the bytes that follow those sent so far. */
  send(bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** The blob is there when it resolves. */
  finish(digest: string): Promise<void>;
  /** Takes it back, as far as the registry lets. */
  cancel(): Promise<void>;
}
