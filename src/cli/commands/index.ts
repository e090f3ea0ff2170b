import type { Command } from '../command.ts';
import { builder, builderWords } from './builder/index.ts';
import { checkpoint } from './checkpoint/index.ts';
import { completion } from './completion/index.ts';
import { container, containerWords } from './container/index.ts';
import { context } from './context/index.ts';
import { type Entry, entry, type Group } from './entry.ts';
import { image, imageWords } from './image/index.ts';
import { manifest } from './manifest/index.ts';
import { network } from './network/index.ts';
import { plugin } from './plugin/index.ts';
import { registryWords } from './registry/index.ts';
import { snapshot, snapshotWords } from './snapshot/index.ts';
import { swarmGroups } from './swarm/index.ts';
import { system, systemWords } from './system/index.ts';
import { volume } from './volume/index.ts';

/** Commands that stand alone. */
export const topLevel: Record<string, Entry> = {
  ...builderWords,
  ...containerWords,
  ...imageWords,
  ...registryWords,
  ...snapshotWords,
  ...systemWords,
  inspect: entry('Return low-level information on Docker objects', async () => (await import('./inspect.ts')).inspect),
};

/** Commands under a noun. */
export const groups: Record<string, Group> = {
  builder,
  checkpoint,
  completion,
  container,
  context,
  image,
  manifest,
  network,
  plugin,
  snapshot,
  system,
  volume,
  ...swarmGroups,
};

/** Whether a word is a command or a noun of the program's own. */
export function isCommand(word: string): boolean {
  return Object.hasOwn(topLevel, word) || Object.hasOwn(groups, word);
}

/** What a command line names: a command with its own words left, a group, or a word that nobody knows. */
export type Found =
  | { kind: 'command'; command: Command; path: string[]; args: string[] }
  | { kind: 'group'; path: string[]; args: string[] }
  | { kind: 'unknown'; path: string[]; word: string };

/** Finds the command that the words begin with; loads no other. */
export async function findCommand(words: string[]): Promise<Found> {
  const [first, second, ...rest] = words;
  if (first === undefined) return { kind: 'group', path: [], args: [] };
  const single = Object.hasOwn(topLevel, first) ? topLevel[first] : undefined;
  if (single) return { kind: 'command', command: await single.load(), path: [first], args: words.slice(1) };
  const group = Object.hasOwn(groups, first) ? groups[first] : undefined;
  if (!group) return { kind: 'unknown', path: [], word: first };
  if (second === undefined || second.startsWith('-')) return { kind: 'group', path: [first], args: words.slice(1) };
  const name = Object.hasOwn(group.synonyms, second) ? (group.synonyms[second] ?? second) : second;
  const member = Object.hasOwn(group.commands, name) ? group.commands[name] : undefined;
  if (!member) return { kind: 'unknown', path: [first], word: second };
  return { kind: 'command', command: await member.load(), path: [first, name], args: rest };
}
