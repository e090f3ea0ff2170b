import { hostname } from 'node:os';
import { ignoreMatcher, parseIgnore } from '../../../../api/ignore/index.ts';
import { CliError } from '../../../command.ts';
import { fs, path } from '../../../lazy.ts';

/** An address of a file or of a repository. */
export function isRemote(text: string): boolean {
  return /^(https?|git|ssh):\/\/|^[\w-]+@[\w.-]+:|^github\.com\//.test(text);
}

/** What a directory is called from build to build. */
export const keyOf = (directory: string): string => `${hostname()}:${directory}`;

/** The same, and what that part of it is called that a Dockerfile takes. */
export function keysOf(directory: string, dockerfile: string): { key: string; partKey: string } {
  const key = keyOf(directory);
  return { key, partKey: `${key}:${dockerfile === '' ? '' : path().resolve(dockerfile)}` };
}

/** `NAME.dockerignore` beside the Dockerfile, or the context's own. */
export function ignoreOf(directory: string, dockerfile: string) {
  const { existsSync, readFileSync } = fs();
  const candidates = [
    ...(dockerfile === '' ? [] : [`${dockerfile}.dockerignore`]),
    path().join(directory, '.dockerignore'),
  ];
  const found = candidates.find((file) => existsSync(file));
  if (found === undefined) return undefined;
  const patterns = parseIgnore(readFileSync(found, 'utf8'));
  try {
    return patterns.length === 0 ? undefined : ignoreMatcher(patterns);
  } catch (error) {
    throw new CliError(`ERROR: failed to build: failed to solve: ${(error as Error).message}`);
  }
}
