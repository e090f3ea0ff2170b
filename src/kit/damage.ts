/** Something in the engine's data that is not as it should be. */
export interface Damage {
  /** What kind of thing, and which: `blob sha256:…`, `volume db`. */
  subject: string;
  problem: string;
  /**
   * Puts it right and says in a few words how; throws where that fails, and is left out where nothing can be done. Never loses what a
   * container or a volume holds.
   */
  repair?: () => string | Promise<string>;
}

/** What a check found, and what became of it. */
export interface Finding {
  subject: string;
  problem: string;
  /** How it was put right. */
  repaired?: string;
  /** Why it was not, though that was asked for. */
  error?: string;
}

/** Looks through some of the data. What it yields is repaired, if at all, before it goes on. */
export type Check = (options: { full: boolean }) => AsyncIterable<Damage>;

/** How old (in milliseconds) a thing must be that nothing names before it counts as left over: what is being made has no name yet. */
export const leftOverAfter = 60_000;
