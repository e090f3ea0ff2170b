import type { Context } from '../command.ts';
import { namesOf, type Thing } from './names.ts';
import type { Suggestions } from './suggestions.ts';

/** What the words of a usage line stand for. */
const things: Record<string, Thing> = {
  CONTAINER: 'container',
  IMAGE: 'image',
  'SOURCE_IMAGE[:TAG]': 'image',
  'TARGET_IMAGE[:TAG]': 'image',
  'NAME[:TAG]': 'image',
  VOLUME: 'volume',
  NETWORK: 'network',
  CONTEXT: 'context',
  PLUGIN: 'plugin',
};

/** Commands that want something to be running. */
const running = new Set('attach exec kill pause port stats stop top'.split(' '));

/** Commands whose first argument is new, or found elsewhere. */
const fresh = new Set([
  'volume create',
  'network create',
  'context create',
  'context import',
  'image pull',
  'pull',
  'plugin install',
]);

/** What an argument may be, told from the command's usage line: `NETWORK CONTAINER`, `IMAGE [IMAGE...]`, `IMAGE [COMMAND]`. */
export async function argumentWords(
  usage: string,
  { path, given, context }: { path: string; given: string[]; context: Context },
): Promise<Suggestions> {
  const words = usage.split(' ').filter((word) => word !== '[OPTIONS]');
  const at = Math.min(given.length, words.length - 1);
  const isPast = given.length >= words.length && !words.at(-1)?.includes('...');
  const word = isPast ? undefined : words[at];
  const name = path.split(' ').at(-1) ?? '';
  if (word === undefined || fresh.has(path)) return { names: [], files: false };
  if (/file|FILE|PATH|URL|DIR/.test(word)) return { names: [], files: true };
  const thing = things[word] ?? things[word.replace(/^\[|(\.\.\.)?\]$/g, '')];
  if (!thing) return { names: [], files: false };
  const wanted = thing !== 'container' ? thing : running.has(name) ? 'running' : name === 'start' ? 'stopped' : thing;
  const names = await namesOf(wanted, context);
  return { names: names.filter((one) => !given.includes(one)).map((one): [string] => [one]), files: false };
}
