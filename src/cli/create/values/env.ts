import { fs } from '../../lazy.ts';

/** The variables of `--env-file` and then `-e`; a bare name takes this program's value, or is left out when there is none. */
export function collectEnv(files: string[], given: string[], env: Record<string, string | undefined>): string[] {
  return [...files.flatMap((file) => readLines(file, 'variable')), ...given].flatMap((entry) => inherit(entry, env));
}

/** The labels of `--label-file` and then `-l`; a bare name has an empty value on the command line, and none in a file. */
export function collectLabels(files: string[], given: string[]): Record<string, string> {
  const read = files.flatMap((file) => readLines(file, 'label'));
  return toMap([...read.filter((line) => line.includes('=')), ...given]);
}

/** `key=value` words as an object; a bare key has an empty value. */
export function toMap(words: string[]): Record<string, string> {
  const map: Record<string, string> = {};
  for (const word of words) {
    const equals = word.indexOf('=');
    map[equals < 0 ? word : word.slice(0, equals)] = equals < 0 ? '' : word.slice(equals + 1);
  }
  return map;
}

/** Refuses a word without a name before its `=`. */
export function checkEnv(word: string): string {
  if (word === '' || word.startsWith('=')) throw new Error(`invalid environment variable: ${word}`);
  return word;
}

/** Refuses a label without a name, or with space in it. */
export function checkLabel(word: string): string {
  const name = (word.split('=')[0] ?? '').replace(/^[ \t]+/, '');
  if (name === '') throw new Error(`invalid label '${word}': empty name`);
  if (/[ \t]/.test(name)) throw new Error(`label '${name}' contains whitespaces`);
  return word;
}

function inherit(entry: string, env: Record<string, string | undefined>): string[] {
  if (entry.includes('=')) return [entry];
  const value = env[entry];
  return value === undefined ? [] : [`${entry}=${value}`];
}

function readLines(path: string, what: 'variable' | 'label'): string[] {
  return readText(path)
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const name = line.split('=')[0] ?? '';
      if (name === '') throw new Error(`no variable name on line '${line}'`);
      if (/\s/.test(name)) throw new Error(`${what} '${name}' contains whitespaces`);
      return line;
    });
}

function readText(path: string): string {
  try {
    return fs().readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ENOENT') throw new Error(`open ${path}: no such file or directory`, { cause: error });
    if (code === 'EACCES') throw new Error(`open ${path}: permission denied`, { cause: error });
    throw error;
  }
}
