import { cleanPath, trim } from '../../kit/index.ts';

/** The patterns of an ignore file, clean and relative to the context; comments and empty lines are not among them. */
export function parseIgnore(text: string): string[] {
  return text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('#'))
    .map(trim)
    .filter((line) => line !== '')
    .map((line) => {
      const except = line.startsWith('!') ? '!' : '';
      const pattern = except === '' ? line : trim(line.slice(1));
      const clean = pattern === '' ? '' : cleanPath(pattern);
      return except + (clean.length > 1 && clean.startsWith('/') ? clean.slice(1) : clean);
    });
}
