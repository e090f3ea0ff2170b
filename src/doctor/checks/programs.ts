import type { Check } from '../contract.ts';
import { symptom } from './symptom.ts';

const useful: [program: string, what: string, from: string][] = [
  ['git', 'build from a repository', 'git'],
  ['xz', 'load archives compressed with xz', 'xz-utils'],
  ['runc', 'run containers with --runtime runc, and restore checkpoints', 'runc'],
  ['criu', 'make checkpoints', 'criu'],
];

/** Programs that some of what can be asked for needs. */
export const programs: Check = (host) =>
  useful.flatMap(([name, what, from]) =>
    symptom(host.program(name) === undefined, {
      id: `program-${name}`,
      gravity: 'note',
      text: `there is no ${name}: the engine cannot ${what}`,
      mend: `apt-get install ${from}`,
    }),
  );
