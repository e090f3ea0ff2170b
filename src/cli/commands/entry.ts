import type { Command } from '../command.ts';

/** A command by its line in the help, loaded when it runs. */
export interface Entry {
  short: string;
  /** Its place among the common commands of the program's help. */
  common?: number;
  /** Left out of the help and the completion, always or where no swarm is: `manager` needs one to manage, `active` one to be in. */
  hidden?: true | 'manager' | 'active';
  load(): Promise<Command>;
}

/** Commands under a noun, with the other names they go by. */
export interface Group {
  short: string;
  /** What the group's own page says instead of `short`. */
  long?: string;
  /** The page says so. */
  experimental?: true;
  /** It is a command of its own to Docker, which shows its page: an empty line comes before, and its usage is written out. */
  runs?: true;
  /** The noun's place in the help: with the swarm's commands, or hidden where no swarm is managed. */
  swarm?: 'any' | 'manager';
  /** Left out of the help. */
  hidden?: true;
  commands: Record<string, Entry>;
  synonyms: Record<string, string>;
}

/** One line of a table of commands. */
export function entry(
  short: string,
  load: Entry['load'],
  extra: Partial<Pick<Entry, 'common' | 'hidden'>> = {},
): Entry {
  return { short, load, ...extra };
}
