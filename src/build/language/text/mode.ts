import { DockerfileError } from '../error.ts';

const symbolic = /^[augo]*(?:[-+=][rstwXxugo]*)+(?:,[augo]*(?:[-+=][rstwXxugo]*)+)*$/;

/** A `--chmod`: the number that octal digits say, or symbolic words as they are (`changeMode` applies them). */
export function parseChmod(text: string): number | string {
  if (/^[0-9]/.test(text)) {
    const mode = /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
    if (mode <= 0o7777) return mode;
    throw new DockerfileError(`invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`);
  }
  if (!symbolic.test(text)) throw new DockerfileError('invalid syntax');
  return text;
}

const shifts = { u: 6, g: 3, o: 0 } as const;

/** A file's mode (its twelve bits) after symbolic words such as `u+x,go=`; a file mode creation mask plays no part. */
export function changeMode(mode: number, words: string, isDirectory: boolean): number {
  let changed = mode;
  const executes = isDirectory || (mode & 0o111) !== 0;
  for (const clause of words.split(',')) {
    const who = /^[augo]*/.exec(clause)?.[0] ?? '';
    for (const [, operator = '', permissions = ''] of clause.matchAll(/([-+=])([rstwXxugo]*)/g)) {
      const mask = maskOf(who, permissions.includes('t'));
      const bits = bitsOf(permissions, { mode: changed, executes: executes || operator === '-' }) & mask;
      if (operator === '-') changed &= ~bits;
      else changed = (operator === '=' ? changed & ~maskOf(who || 'a', false) : changed) | bits;
    }
  }
  return changed;
}

function maskOf(who: string, sticky: boolean): number {
  if (who === '') return 0o7777;
  const all = who.includes('a');
  const user = all || who.includes('u') ? 0o4700 : 0;
  const group = all || who.includes('g') ? 0o2070 : 0;
  const other = all || who.includes('o') ? 0o007 : 0;
  return user | group | other | (sticky && (user | group) !== 0 ? 0o1000 : 0);
}

function bitsOf(permissions: string, { mode, executes }: { mode: number; executes: boolean }): number {
  let bits = 0;
  for (const permission of permissions) {
    if (permission === 'r') bits |= 0o444;
    else if (permission === 'w') bits |= 0o222;
    else if (permission === 'x' || (permission === 'X' && executes)) bits |= 0o111;
    else if (permission === 's') bits |= 0o6000;
    else if (permission === 't') bits |= 0o1000;
    else if (permission === 'u' || permission === 'g' || permission === 'o') {
      bits |= ((mode >> shifts[permission]) & 7) * 0o111;
    }
  }
  return bits;
}
