/** Variables in the order in which they were set. */
export type Env = ReadonlyMap<string, string>;

export interface ExpandModes {
  readonly escape?: '\\' | '`';
  /** Keeps quotes in the result. */
  readonly rawQuotes?: boolean;
  /** Keeps escapes in the result. */
  readonly rawEscapes?: boolean;
  /** Quotes are letters like others: what heredocs want. */
  readonly plainQuotes?: boolean;
  /** Leaves a variable that is not set as it is written. */
  readonly keepUnset?: boolean;
}

export interface Expansion {
  readonly text: string;
  /** `text` split at spaces that are neither quoted nor escaped. */
  readonly words: readonly string[];
  /** The names of variables that were asked for and found, and not found. */
  readonly matched: ReadonlySet<string>;
  readonly unmatched: ReadonlySet<string>;
}
