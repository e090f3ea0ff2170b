/** What a piece of work is about; an absent value is left out. */
export type Attributes = Record<string, string | number | boolean | undefined>;

/** To whom it is told which work was done, how long it took and whether it failed. */
export interface Tracer {
  /**
   * Does the work and returns what it returns; a promise is waited for before the work counts as done. Work within it, also such
   * that goes on later, is part of it.
   */
  span<T>(name: string, work: () => T, attributes?: Attributes): T;
  /** The same for a request, which may be part of a client's own work: `parent` is W3C's `traceparent`. */
  request<T>(name: string, parent: string | undefined, work: () => T): T;
}

/** Nobody is told: the work, and nothing else. */
export const untraced: Tracer = {
  span: (_, work) => work(),
  request: (_, __, work) => work(),
};
