import { cleanPath, trim } from '../../kit/index.ts';
import { compilePattern, type Pattern } from './pattern.ts';

export interface IgnoreMatcher {
  /** Whether a path (slashes, relative to the context's root) is left out, by itself or by a directory above it. */
  ignores(path: string): boolean;
  /** Whether everything below a directory that is left out may be skipped: false while a `!` pattern might bring something back. */
  prunes(directory: string): boolean;
  readonly patterns: readonly string[];
}

/** Tells what patterns leave out, each later one going before the earlier ones. */
export function ignoreMatcher(written: readonly string[]): IgnoreMatcher {
  const texts = written.map(trim).filter((text) => text !== '');
  const patterns = texts.map((text) => compilePattern(cleanPath(text)));
  const exceptions = patterns.filter(({ except }) => except);
  return {
    patterns: patterns.map(({ text, except }) => (except ? `!${text}` : text)),
    ignores: (path) => isIgnored(patterns, path),
    prunes: (directory) => isIgnored(patterns, directory) && !exceptions.some((other) => mayReach(other, directory)),
  };
}

function isIgnored(patterns: readonly Pattern[], path: string): boolean {
  const above = path.split('/').map((_, depth, parts) => parts.slice(0, depth + 1).join('/'));
  let ignored = false;
  for (const pattern of patterns) {
    if (pattern.except === ignored && above.some((prefix) => pattern.matches(prefix))) ignored = !pattern.except;
  }
  return ignored;
}

/** Whether something below a directory may be meant: what has no wildcard before that depth must begin with it. */
function mayReach({ text }: Pattern, directory: string): boolean {
  const fixed = /^[^*?[\\]*/.exec(text)?.[0] ?? '';
  if (fixed.length === text.length) return text.startsWith(`${directory}/`);
  return fixed.startsWith(`${directory}/`) || `${directory}/`.startsWith(fixed);
}
