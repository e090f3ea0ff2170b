import { messageOf, parseCsv } from '../../../kit/index.ts';
import { DockerfileError } from '../error.ts';

export interface MountField {
  readonly written: string;
  /** Lower case. */
  readonly key: string;
  readonly value?: string;
}

/** The parts of a `--mount`, before variables are put in; its `from` may have none. */
export function mountFields(text: string): MountField[] {
  return fieldsOf(text).map((written) => {
    const equals = written.indexOf('=');
    if (equals < 0) return { written, key: written.toLowerCase() };
    const key = written.slice(0, equals).toLowerCase();
    const value = written.slice(equals + 1);
    const dollar = value.indexOf('$');
    if (key === 'from' && dollar >= 0 && dollar !== value.length - 1) {
      throw new DockerfileError("'from' doesn't support variable expansion, define alias stage instead");
    }
    return { written, key, value };
  });
}

/** The stage or image a `--mount` names; empty if none. */
export function mountFrom(text: string): string {
  return mountFields(text).findLast(({ key, value }) => key === 'from' && value !== undefined)?.value ?? '';
}

function fieldsOf(text: string): string[] {
  try {
    if (text === '') throw new Error('EOF');
    return parseCsv(text);
  } catch (error) {
    throw new DockerfileError(`failed to parse csv mounts: ${messageOf(error)}`);
  }
}
