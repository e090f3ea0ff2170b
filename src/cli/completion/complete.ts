import type { Command, Context } from '../command.ts';
import { groups, topLevel } from '../commands/index.ts';
import type { FlagTable } from '../flags/index.ts';
import { findPlugin, listPlugins } from '../plugins/find.ts';
import { argumentWords } from './arguments.ts';
import { flagValues } from './flag-values.ts';
import { readLine } from './line.ts';
import type { Suggestions } from './suggestions.ts';

const noFiles = 4;

/**
 * Answers a shell in cobra's way: `__complete WORD… LAST` prints a line for each way to go on and `:N` at the end, N being what
 * the shell does beside (0 files, 4 no files).
 */
export async function complete(argv: string[], context: Context, flags: FlagTable): Promise<number> {
  const [ask, ...words] = argv;
  const last = words.pop() ?? '';
  const plugin = words[0] && !isKnown(words[0]) ? await findPlugin(words[0], context) : undefined;
  if (plugin) {
    const { runPlugin } = await import('../plugins/run.ts');
    const call = { name: plugin.name, argv: ['__complete', ...words, last] };
    return (await runPlugin(call, { ...context, engine: {} })) ?? 1;
  }
  const { names, files } = await suggest(words, last, context, flags);
  const describes = ask === '__complete' && !context.env.DOCKER_CLI_DISABLE_COMPLETION_DESCRIPTION;
  const lines = names.map(([name, description]) =>
    description && describes ? `${name}\t${description.split('\n')[0]}` : name,
  );
  await context.out.write([...lines, `:${files ? 0 : noFiles}`, ''].join('\n'));
  await context.out.flush();
  await context.err.line(`Completion ended with directive: ShellCompDirective${files ? 'Default' : 'NoFileComp'}`);
  return 0;
}

function isKnown(word: string): boolean {
  return word.startsWith('-') || Object.hasOwn(topLevel, word) || Object.hasOwn(groups, word);
}

async function suggest(words: string[], last: string, context: Context, globals: FlagTable): Promise<Suggestions> {
  const before = readLine(globals, words, false);
  if (before.pending) return flagValues(before.pending, { context, path: '' });
  const [first, second] = before.args;
  if (first === undefined) {
    return last.startsWith('-') && !before.ended
      ? flagNames(globals, before.given, last, context)
      : programWords(last, context);
  }
  const single = Object.hasOwn(topLevel, first) ? topLevel[first] : undefined;
  if (single) return inCommand(await single.load(), { path: first, words: before.args.slice(1), last, context });
  const group = Object.hasOwn(groups, first) ? groups[first] : undefined;
  if (!group) return { names: [], files: true };
  if (second === undefined) {
    const entries = Object.entries(group.commands).filter(([, { hidden }]) => hidden !== true);
    return starting(entries.map(([name, { short }]): [string, string] => [name, short]).toSorted(byName), last);
  }
  const name = group.synonyms[second] ?? second;
  const member = Object.hasOwn(group.commands, name) ? group.commands[name] : undefined;
  if (!member) return { names: [], files: false };
  return inCommand(await member.load(), { path: `${first} ${name}`, words: before.args.slice(2), last, context });
}

interface Place {
  path: string;
  words: string[];
  last: string;
  context: Context;
}

async function inCommand(command: Command, { path, words, last, context }: Place): Promise<Suggestions> {
  const line = readLine(command.flags, words, command.interspersed ?? true);
  if (line.pending) return flagValues(line.pending, { context, path });
  const isFlag = last.startsWith('-') && !line.ended;
  const equals = last.indexOf('=');
  if (isFlag && equals > 0) return flagValues(last.slice(0, equals).replace(/^-+/, ''), { context, path });
  if (isFlag) return flagNames(command.flags, line.given, last, context);
  return argumentWords(command.usage, { path, given: line.args, context });
}

async function programWords(last: string, context: Context): Promise<Suggestions> {
  const plugins = (await listPlugins(context)).filter(({ fault }) => !fault);
  const names: [string, string][] = [
    ...Object.entries(topLevel)
      .filter(([, { hidden }]) => hidden !== true)
      .map(([name, { short }]): [string, string] => [name, short]),
    ...Object.entries(groups)
      .filter(([, { hidden }]) => !hidden)
      .map(([name, { short }]): [string, string] => [name, short]),
    ...plugins.map(({ name, short }): [string, string] => [name, short]),
    ['help', 'Help about the command'],
  ];
  return starting(names.toSorted(byName), last);
}

function flagNames(flags: FlagTable, given: Set<string>, last: string, { program }: Context): Suggestions {
  const names: [string, string][] = [];
  for (const [name, { short, usage, hidden, type }] of Object.entries(flags).toSorted(byName)) {
    const isRepeated = ['list', 'strings', 'filter', 'map'].includes(type);
    if (hidden || (given.has(name) && !isRepeated) || (name === 'no-autostart' && program === 'docker')) continue;
    names.push([`--${name}`, usage]);
    if (short) names.push([`-${short}`, usage]);
  }
  return starting(names, last);
}

function starting(names: [string, string][], last: string): Suggestions {
  return { names: names.filter(([name]) => name.startsWith(last)), files: false };
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
