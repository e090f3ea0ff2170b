/** What a user proves himself with; `serverAddress` is a host, `host:port` or a URL, empty for Docker Hub. */
export interface Credentials {
  username: string;
  password: string;
  serverAddress: string;
  /** Instead of a password: what an earlier login gave. */
  identityToken: string;
}

/** Image registries. */
export interface Registry {
  /**
   * Checks the credentials with the registry. `identityToken` is empty unless the registry gave one to keep in the password's
   * place. `unauthorized` when it refuses them, `invalid` for an address that is none.
   */
  login(credentials: Credentials): Promise<{ status: string; identityToken: string }>;
}
