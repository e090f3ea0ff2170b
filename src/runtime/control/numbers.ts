import { type Cgroups, readCgroupFile } from '../../host/index.ts';

/** The files of one cgroup: `read('memory', 'memory.stat')`; undefined where controller or file are missing. */
export type ReadFile = (controller: string, file: string) => string | undefined;

export function fileReader(cgroups: Cgroups, cgroup: string): ReadFile {
  return (controller, file) => readCgroupFile(cgroups, controller, cgroup, file);
}

/** The numbers of a file that has `name number` on each line; empty without a file. */
export function numbersOf(text: string | undefined): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const line of (text ?? '').split('\n')) {
    const space = line.indexOf(' ');
    if (space > 0) numbers[line.slice(0, space)] = Number(line.slice(space + 1));
  }
  return numbers;
}

/** A file that is one number; undefined where it is missing or says `max`. */
export function numberOf(text: string | undefined): number | undefined {
  const word = text?.trim() ?? '';
  return word === '' || word === 'max' ? undefined : Number(word);
}
