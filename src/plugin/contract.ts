/** A program beside the engine that speaks Docker's plugin protocol: JSON in POST requests on a socket. */
export interface Plugin {
  readonly name: string;
  /**
   * Calls a method (`VolumeDriver.Create`) and resolves to the object it answers with. What the plugin says in `Err` is thrown as
   * `internal`, in its words; an answer with another status than 200 as `METHOD: what it said`. While nobody listens at its socket
   * the call is tried again, for half a minute, as in Docker: it may be just starting.
   */
  call(method: string, body?: object, options?: CallOptions): Promise<Record<string, unknown>>;
}

export interface CallOptions {
  /** Milliseconds that the plugin has for its answer; a minute unless told. */
  timeout?: number;
  /** Nobody listening is a failure at once. */
  once?: boolean;
}

/** The plugins of this machine, found by their sockets and `.spec` and `.json` files whenever they are asked for. */
export interface Plugins {
  /** The plugin `name`, activated, if it implements `subsystem` (`VolumeDriver`, `authz`); else `notFound`: `plugin "x" not found`. */
  find(name: string, subsystem: string): Promise<Plugin>;
  /** Every plugin there is now that implements it; one that does not answer is left out, and said in the log. */
  all(subsystem: string): Promise<Plugin[]>;
  /** The names of those that were met so far and implement it, sorted. */
  met(subsystem: string): string[];
}
