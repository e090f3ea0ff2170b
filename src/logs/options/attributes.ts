import { EngineError } from '../../kit/index.ts';
import type { LogInfo } from './info.ts';

/** The labels and variables that `labels`, `labels-regex`, `env` and `env-regex` choose, by names as `rename` makes them. */
export function attributesOf(info: LogInfo, rename = (name: string): string => name): Record<string, string> {
  const { options, labels, env } = info;
  const variables = env.flatMap((entry) => {
    const at = entry.indexOf('=');
    return at < 0 ? [] : [[entry.slice(0, at), entry.slice(at + 1)]];
  });
  const all = {
    ...chosen(labels, options.labels, options['labels-regex']),
    ...chosen(Object.fromEntries(variables), options.env, options['env-regex']),
  };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [rename(name), value]));
}

function chosen(all: Record<string, string>, names: string | undefined, pattern: string | undefined) {
  const wanted = new Set(names?.split(','));
  const expression = pattern ? parsePattern(pattern) : undefined;
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.has(name) || expression?.test(name)));
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new EngineError('invalid', `error parsing regexp: \`${text}\``);
  }
}

/** Sorted by name, as Go writes a map. */
export function sorted(map: Record<string, string>): [name: string, value: string][] {
  return Object.entries(map).toSorted(([one], [other]) => (one < other ? -1 : 1));
}

/** JSON as Go writes it: what could end a script in HTML, and the line separators, as escapes. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
