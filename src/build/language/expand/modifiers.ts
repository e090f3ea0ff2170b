import { matchEnd, parseGlob, reverseGlob } from './glob.ts';

/** The value without what matches the pattern at its beginning. */
export function trimPrefix(value: string, pattern: string, longest: boolean): string {
  const letters = [...value];
  return letters.slice(matchEnd(parseGlob(pattern), letters, { longest }) ?? 0).join('');
}

/** The value without what matches the pattern at its end. */
export function trimSuffix(value: string, pattern: string, longest: boolean): string {
  const letters = [...value].toReversed();
  const end = matchEnd(reverseGlob(parseGlob(pattern)), letters, { longest }) ?? 0;
  return letters.slice(end).toReversed().join('');
}

/** The value with the first match, or all, replaced; each match is the longest that begins there. */
export function replaceMatches(
  value: string,
  { pattern, replacement, all }: { pattern: string; replacement: string; all: boolean },
): string {
  const glob = parseGlob(pattern);
  const letters = [...value];
  let result = '';
  let last = -1;
  for (let from = 0; from <= letters.length; ) {
    const end = matchEnd(glob, letters, { from, longest: true });
    // Nothing is matched right behind a match only if it is something.
    if (end !== undefined && (end > from || last !== from)) {
      result += replacement;
      if (!all) return result + letters.slice(end).join('');
      last = end;
      if (end > from) {
        from = end;
        continue;
      }
    }
    result += letters[from] ?? '';
    from++;
  }
  return result;
}
