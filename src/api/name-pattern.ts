const wild = /[*?[]/;

/** Whether a path, or a part of one, names files by a pattern. */
export function isPattern(path: string): boolean {
  return wild.test(path.replaceAll(/\\./gs, ''));
}

/** What a path without a pattern names: its escapes taken away. */
export const unescaped = (path: string): string => path.replaceAll(/\\(.)/gs, '$1');

/** A path that names nothing but itself. */
export const escaped = (path: string): string => path.replaceAll(/[\\*?[]/g, '\\$&');

const never = /(?!)/;

/** Go's filepath.Match for one name; a class that is none matches nothing. */
export function namePattern(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? '';
    if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '\\') source += quoted(pattern[++at] ?? '\\');
    else if (char === '[') {
      const end = pattern.indexOf(']', at + 2);
      if (end < 0) source += '\\[';
      else {
        const inner = pattern.slice(at + 1, end).replaceAll('[', '\\[');
        source += `[${inner.startsWith('!') ? `^${inner.slice(1)}` : inner}]`;
        at = end;
      }
    } else source += quoted(char);
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    return never; // [z-a]
  }
}

const quoted = (char: string): string => char.replace(/[$()*+.?[\\\]^{|}/-]/, '\\$&');
