/** How registries are reached, as the engine's flags and configuration say. */
export interface RegistrySettings {
  /** URLs that are asked before docker.io. */
  mirrors: string[];
  /** Hosts (`host`, `host:port`) and networks (`10.0.0.0/8`) where TLS is not insisted on. */
  insecure: string[];
  /** By prefix of a repository's whole name (`quay.example`, `docker.io/library`); the longest that fits counts. */
  prefixes: Record<string, PrefixSettings>;
  /** A directory for each `host:port` in it: `*.crt` are authorities, `*.cert` with `*.key` prove the engine. */
  certificates: string;
  proxies: ProxySettings;
}

export interface PrefixSettings {
  /** URLs, with a path before the repository's where they have one. */
  mirrors?: string[];
  blocked?: boolean;
  insecure?: boolean;
}

/** As in the environment of many programs: HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
export interface ProxySettings {
  http: string;
  https: string;
  /** Separated by commas: hosts, domains (with what is below them), addresses, networks, `host:port`, or `*`. */
  none: string;
}

/** Nothing but Docker's defaults. */
export const defaultSettings: RegistrySettings = {
  mirrors: [],
  insecure: [],
  prefixes: {},
  certificates: '/etc/docker/certs.d',
  proxies: { http: '', https: '', none: '' },
};
