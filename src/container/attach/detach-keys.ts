import { EngineError } from '../../kit/index.ts';

/** Docker's way out of a terminal: Ctrl-P Ctrl-Q. */
export const defaultDetachKeys = [16, 17];

const controls = new Map<string, number>([
  ['@', 0],
  ['[', 27],
  ['\\', 28],
  [']', 29],
  ['^', 30],
  ['_', 31],
]);

/** The bytes that `ctrl-x,ctrl-y`, `ctrl-@` or `a,b` stand for; nothing given is the default. An attach calls them `detach`. */
export function parseDetachKeys(text: string | undefined, called: 'escape' | 'detach' = 'escape'): number[] {
  if (!text) return defaultDetachKeys;
  return text.split(',').map((key) => {
    if (key.length === 1) return key.charCodeAt(0);
    const control = /^ctrl-(.)$/.exec(key)?.[1];
    const code = control === undefined ? undefined : codeOf(control);
    if (code === undefined) throw new EngineError('invalid', `Invalid ${called} keys (${text}) provided`);
    return code;
  });
}

function codeOf(control: string): number | undefined {
  return /[a-z]/.test(control) ? control.charCodeAt(0) - 96 : controls.get(control);
}

/** Looks for the keys in what is typed. A prefix of them is held back until the next byte tells what it was. */
export function createDetachScanner(keys: number[]): (chunk: Uint8Array) => { pass: Uint8Array; detached: boolean } {
  let matched = 0;
  return (chunk) => {
    const pass: number[] = [];
    for (const byte of chunk) {
      if (byte === keys[matched]) {
        matched += 1;
        if (matched === keys.length) return { pass: Uint8Array.from(pass), detached: true };
        continue;
      }
      pass.push(...keys.slice(0, matched));
      matched = byte === keys[0] ? 1 : 0;
      if (matched === 0) pass.push(byte);
    }
    return { pass: Uint8Array.from(pass), detached: false };
  };
}
