import { truthOf } from '../../../kit/index.ts';
import type { CheckOptions } from '../contract.ts';
import { DockerfileError } from '../error.ts';
import { quote } from '../text/quote.ts';

export const noCheckOptions: CheckOptions = { skip: [], experimental: [], error: false };

/** `skip=A,B;experimental=all;error=true`. */
export function parseCheckOptions(text: string): CheckOptions {
  const trimmed = text.trim();
  if (trimmed === '') return noCheckOptions;
  const parts = trimmed.split(';');
  let options = noCheckOptions;
  for (const part of [...parts.slice(0, 2), ...(parts.length > 2 ? [parts.slice(2).join(';')] : [])]) {
    const equals = part.indexOf('=');
    if (equals < 0) throw new DockerfileError(`invalid check option ${quote(part)}`);
    options = { ...options, ...one(part.slice(0, equals).trim(), part.slice(equals + 1).trim(), part) };
  }
  return options;
}

/** Those of the file with those of a comment. */
export function mergeCheckOptions(file: CheckOptions, comment: CheckOptions): CheckOptions {
  return {
    skip: union(file.skip, comment.skip),
    experimental: union(file.experimental, comment.experimental),
    error: file.error,
  };
}

function one(key: string, value: string, part: string): Partial<CheckOptions> {
  if (key === 'skip' || key === 'experimental') {
    return { [key]: value === 'all' ? 'all' : value.split(',').map((rule) => rule.trim()) };
  }
  if (key !== 'error') throw new DockerfileError(`invalid check option ${quote(key)}`);
  const error = truthOf(value);
  if (error !== undefined) return { error };
  throw new DockerfileError(
    `failed to parse check option ${quote(part)}: strconv.ParseBool: parsing ${quote(value)}: invalid syntax`,
  );
}

function union(one: readonly string[] | 'all', other: readonly string[] | 'all'): readonly string[] | 'all' {
  return one === 'all' || other === 'all' ? 'all' : [...one, ...other];
}
