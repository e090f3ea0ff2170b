import type { Command } from './command.ts';
import { groups, topLevel } from './commands/index.ts';
import { flagUsages } from './flags/index.ts';
import { globalFlags } from './globals.ts';
import { terminalColumns } from './stdio/terminal.ts';

/** The help page of one command. */
export function commandHelp(command: Command, path: string): string {
  const parts = [`Usage:  ${path} ${command.usage}\n\n${command.short}\n`];
  if (command.aliases && command.aliases.length > 0) {
    const program = path.split(' ')[0] ?? '';
    parts.push(`Aliases:\n  ${command.aliases.map((alias) => `${program} ${alias}`).join(', ')}\n`);
  }
  const options = flagUsages(command.flags, terminalColumns());
  if (options) parts.push(`Options:\n${options}`);
  return parts.join('\n');
}

/** The help page of the program or of one group of commands. */
export function groupHelp(program: string, path: string[]): string {
  const name = path[0];
  const commands = name === undefined ? topLevel : (groups[name]?.commands ?? {});
  const width = Math.max(...Object.keys({ ...commands, ...(name ? {} : groups) }).map((word) => word.length)) + 2;
  const rows = (entries: [string, { short: string }][]) =>
    entries.map(([word, { short }]) => `  ${word.padEnd(width)}${short}\n`).join('');
  const byName = Object.entries(commands).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (name !== undefined) {
    const title = `Usage:  ${program} ${name} COMMAND\n\n${groups[name]?.short ?? ''}\n`;
    return `${title}\nCommands:\n${rows(byName)}\nRun '${program} ${name} COMMAND --help' for more information on a command.\n`;
  }
  return [
    `Usage:  ${program} [OPTIONS] COMMAND\n\nA container engine: containers that start at once\n`,
    `Management Commands:\n${rows(Object.entries(groups))}`,
    `Commands:\n${rows(byName)}`,
    `Global Options:\n${flagUsages(globalFlags, terminalColumns())}`,
    `Run '${program} COMMAND --help' for more information on a command.\n`,
  ].join('\n');
}
