import type { CommandLine, Common } from '../contract.ts';
import { DockerfileError } from '../error.ts';
import type { RawInstruction } from '../parse/raw.ts';

/** What every instruction has. */
export function common({ word, code, ranges, comments }: RawInstruction): Common {
  return { word, code, ranges, comments };
}

export function needSome({ args }: RawInstruction, name: string): void {
  if (args.length === 0) throw new DockerfileError(`${name} requires at least one argument`);
}

export function needOne({ args }: RawInstruction, name: string): string {
  const [only] = args;
  if (only === undefined || args.length > 1) throw new DockerfileError(`${name} requires exactly one argument`);
  return only;
}

export function notBlank(name: string): DockerfileError {
  return new DockerfileError(`${name} names can not be blank`);
}

/** The shell form's line or the JSON form's words. */
export function commandLine({ args, json }: RawInstruction): CommandLine {
  return { words: json || args.length === 0 ? args : [args.join(' ')], shell: !json };
}

/** What the comments above say of a name: `# name text`. */
export function descriptionOf(name: string, comments: readonly string[]): string | undefined {
  const line = name === '' ? undefined : comments.find((comment) => comment.startsWith(`${name} `));
  return line?.slice(name.length + 1);
}
