import { EngineError } from '../../kit/index.ts';
import { nameOf } from '../spec/merge.ts';
import type { ConfigChange } from './contract.ts';

const refuse = (words: string): EngineError => new EngineError('invalid', words);

/** A container's variables after a change: those that stay keep their places. A name to remove must be there. */
export function changedEnv(before: string[], { env, envRemove }: ConfigChange): string[] {
  for (const entry of env) if (nameOf(entry) === '') throw refuse(`invalid environment variable: ${entry}`);
  for (const name of envRemove) {
    if (!before.some((entry) => nameOf(entry) === name)) throw refuse(`no such environment variable: ${name}`);
  }
  const values = new Map(
    before.filter((entry) => !envRemove.includes(nameOf(entry))).map((entry) => [nameOf(entry), entry]),
  );
  for (const entry of env) values.set(nameOf(entry), entry);
  return [...values.values()];
}

/** Its labels after a change; a name to remove must be there. */
export function changedLabels(
  before: Record<string, string>,
  { labels, labelsRemove }: ConfigChange,
): Record<string, string> {
  if (Object.hasOwn(labels, '')) throw refuse("invalid label '': empty name");
  for (const name of labelsRemove) if (!Object.hasOwn(before, name)) throw refuse(`no such label: ${name}`);
  const kept = Object.entries(before).filter(([name]) => !labelsRemove.includes(name));
  return Object.fromEntries([...kept, ...Object.entries(labels)]);
}
