import type { Command } from './command.ts';
import type { Entry, Group } from './commands/entry.ts';
import { groups, topLevel } from './commands/index.ts';
import { type FlagTable, flagUsages } from './flags/index.ts';
import type { Plugin } from './plugins/find.ts';
import { inputColumns } from './stdio/terminal.ts';

/** The help page of one command; its examples only where the program goes by its own name. */
export function commandHelp(command: Command, path: string): string {
  const program = path.split(' ')[0] ?? '';
  const parts = [`Usage:  ${path} ${command.usage}`.trimEnd(), (command.long ?? command.short).trim()];
  if (command.experimental) parts.push(experimental(path));
  if (command.aliases && command.aliases.length > 0) {
    parts.push(`Aliases:\n  ${command.aliases.map((alias) => `${program} ${alias}`).join(', ')}`);
  }
  if (command.examples && program !== 'docker') {
    const lines = command.examples.map(([what, line]) => `  # ${what}\n  ${program} ${line}`);
    parts.push(`Examples:\n${lines.join('\n\n')}`);
  }
  const options = flagUsages(command.flags, inputColumns());
  if (options) parts.push(`Options:\n${options.trimEnd()}`);
  return `${parts.join('\n\n')}\n`;
}

function experimental(path: string): string {
  return `EXPERIMENTAL:
  ${path} is an experimental feature.
  Experimental features provide early access to product functionality. These
  features may change between releases without warning, or can be removed from a
  future release. Learn more about experimental features in our documentation:
  https://docs.docker.com/go/experimental/`;
}

/** What of a swarm the engine's node is in: nothing where the engine did not say. */
export type SwarmState = 'none' | 'member' | 'manager' | undefined;

/** The help page of one group of commands. */
export function groupHelp(program: string, name: string, swarm: SwarmState): string {
  const group = groups[name] as Group;
  const shown = visible(group.commands, swarm);
  const width = padding(Object.keys(group.commands));
  return [
    `Usage:  ${program} ${name} COMMAND`,
    group.long ?? group.short,
    ...(group.experimental ? [experimental(`${program} ${name}`)] : []),
    `Commands:\n${rows(shown, width)}`,
    `Run '${program} ${name} COMMAND --help' for more information on a command.\n`,
  ].join('\n\n');
}

/** The help page of the program. */
export function programHelp(
  program: string,
  { flags, plugins, swarm }: { flags: FlagTable; plugins: Plugin[]; swarm: SwarmState },
): string {
  const width = padding([...Object.keys(topLevel), ...Object.keys(groups), ...plugins.map((plugin) => plugin.name)]);
  const singles = visible(topLevel, swarm);
  const common = singles.filter(([, one]) => one.common).toSorted(([, a], [, b]) => (a.common ?? 0) - (b.common ?? 0));
  const nouns = Object.entries(groups).filter(
    ([, { swarm: kind, hidden }]) => !hidden && (kind !== 'manager' || isManager(swarm)),
  );
  const management = [
    ...nouns.filter(([, group]) => !group.swarm).map(([name, { short }]) => ({ name, mark: ' ', short })),
    ...plugins.filter((one) => !one.fault).map(({ name, short }) => ({ name, mark: '*', short })),
  ].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const invalid = plugins.filter((one) => one.fault).map(({ name, fault }) => `  ${name.padEnd(width)} ${fault}`);
  const swarmNouns = nouns.filter(([, group]) => group.swarm);
  return [
    `Usage:  ${program} [OPTIONS] COMMAND`,
    program === 'docker'
      ? 'A self-sufficient runtime for containers'
      : 'A container engine: containers that start at once',
    `Common Commands:\n${rows(common, width)}`,
    `Management Commands:\n${management.map(({ name, mark, short }) => `  ${`${name}${mark}`.padEnd(width + 1)}${short}`.trimEnd()).join('\n')}`,
    ...(swarmNouns.length > 0 ? [`Swarm Commands:\n${rows(swarmNouns, width)}`] : []),
    `Commands:\n${rows(
      singles.filter(([, one]) => !one.common),
      width,
    )}`,
    ...(invalid.length > 0 ? [`Invalid Plugins:\n${invalid.join('\n')}`] : []),
    `Global Options:\n${flagUsages(flags, inputColumns()).trimEnd()}`,
    `Run '${program} COMMAND --help' for more information on a command.`,
    ...(program === 'docker' ? ['For more help on how to use Docker, head to https://docs.docker.com/go/guides/'] : []),
  ]
    .join('\n\n')
    .concat('\n');
}

/** Whether a command has its place in the help and the completion. */
export function isVisible({ hidden }: Entry, swarm: SwarmState): boolean {
  if (hidden === true) return false;
  if (hidden === 'manager') return isManager(swarm);
  return hidden !== 'active' || swarm !== 'none';
}

/** An engine that says nothing of swarms may be in one. */
function isManager(swarm: SwarmState): boolean {
  return swarm === undefined || swarm === 'manager';
}

function visible(entries: Record<string, Entry>, swarm: SwarmState): [string, Entry][] {
  return Object.entries(entries)
    .filter(([, one]) => isVisible(one, swarm))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function padding(names: string[]): number {
  return Math.max(11, ...names.map((name) => name.length));
}

function rows(entries: [string, { short: string }][], width: number): string {
  return entries.map(([name, { short }]) => `  ${name.padEnd(width)} ${short.split('\n')[0]}`.trimEnd()).join('\n');
}
