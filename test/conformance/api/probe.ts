/** A request that is sent to Docker and to us, and what of the two answers may differ. */
export interface Probe {
  method: string;
  /**
   * `{run}` is a running container, `{made}` one that never ran, `{tty}` one with a terminal, `{done}` one that has ended,
   * `{image}` their image, `{net}` a network, `{vol}` a volume.
   */
  path: string;
  body?: string;
  type?: string;
  headers?: Record<string, string>;
  /** Compare the status only: the words name something of each engine's own. */
  statusOnly?: string;
  /** Members of the answer (`HostConfig.Runtime`) that are not compared; docs/compatibility.md says why. */
  except?: string[];
  /** Compare what the members hold, too, but for ids, times and addresses. */
  values?: boolean;
}

type More = Omit<Probe, 'method' | 'path' | 'body'>;

export const get = (path: string, more: More = {}): Probe => ({ method: 'GET', path, ...more });
export const head = (path: string, more: More = {}): Probe => ({ method: 'HEAD', path, ...more });
export const remove = (path: string, more: More = {}): Probe => ({ method: 'DELETE', path, ...more });
export const post = (path: string, body?: string | object, more: More = {}): Probe => ({
  method: 'POST',
  path,
  ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  ...more,
});

export const filters = (value: unknown): string =>
  `filters=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`;
