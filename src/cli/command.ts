import type { Client } from '../client/index.ts';
import type { Config } from './config/file.ts';
import type { FlagTable, Values } from './flags/index.ts';
import type { Globals } from './globals.ts';
import type { Output } from './stdio/output.ts';

export { CliError } from './cli-error.ts';

/** How many arguments a command takes. */
export type Arity = { exactly: number } | { atLeast: number } | { atMost: number } | { from: number; to: number };

/** What a command works with. */
export interface Context {
  /** The engine; connected to, and started if need be, by the first call. Throws when it is unknown where the engine is. */
  readonly client: Client;
  /** The user's config.json. */
  config: Config;
  /** The name of the context in use. */
  contextName: string;
  /** Whether a word is a command or a noun of the program's own. */
  isCommand(word: string): boolean;
  /** The options before the command. */
  globals: Globals;
  out: Output;
  err: Output;
  env: Record<string, string | undefined>;
  /** The name the program was called by: `tug` or `docker`. */
  program: string;
}

/** A command line as a command gets it. */
export interface Input<F extends FlagTable = FlagTable> {
  flags: Values<F>;
  given: Set<string>;
  args: string[];
}

/** One command: what it takes, what its help says, what it does. `run` returns the exit code. */
export interface Command<F extends FlagTable = FlagTable> {
  /** The rest of the usage line after the command's path, e.g. `[OPTIONS] CONTAINER [CONTAINER...]`. */
  usage: string;
  short: string;
  /** What the help says instead of `short`. */
  long?: string;
  /** The help says so. */
  experimental?: true;
  aliases?: string[];
  /** Command lines that the help shows, each with what it does: `[what, line]`; the line goes without the program's name. */
  examples?: [what: string, line: string][];
  flags: F;
  arity?: Arity;
  /** False when flags end at the first argument. */
  interspersed?: boolean;
  /** The exit code of a failure; 1 unless said. */
  failure?: number;
  run(context: Context, input: Input<F>): Promise<number>;
}

/** Ties a command's flags to the values its `run` gets. */
export function command<F extends FlagTable>(definition: Command<F>): Command {
  return definition as unknown as Command;
}
