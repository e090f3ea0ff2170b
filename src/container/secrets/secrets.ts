import { posix } from 'node:path';
import { EngineError } from '../../kit/index.ts';
import type { Collection, Tx } from '../../store/index.ts';
import type { Secret } from './contract.ts';

/** Of one container, by its id. They are apart from its row, which is shown. */
const secretRows: Collection<{ secrets: Secret[] }> = { name: 'secrets', indexes: {} };

export function keepSecrets(tx: Tx, container: string, secrets: Secret[]): void {
  tx.collection(secretRows).put(container, { secrets });
}

export function secretsOf(tx: Tx, container: string): Secret[] {
  return tx.collection(secretRows).get(container)?.secrets ?? [];
}

export function forgetSecrets(tx: Tx, container: string): void {
  tx.collection(secretRows).delete(container);
}

const directory = '/run/secrets';
/** As much as a cluster's secrets may have in Docker. */
const largest = 500 * 1024;

/** Where in the container the file is. */
export const targetOf = ({ id, target }: Secret): string => posix.resolve(directory, target || id);

/** Refuses what is no secret; `places` are where something else is mounted. */
export function checkSecrets(secrets: Secret[], places: string[]): void {
  const taken = new Set(places.map((place) => posix.resolve('/', place)));
  for (const secret of secrets) {
    checkSecret(secret);
    const target = targetOf(secret);
    if (taken.has(target)) throw refuse(`Duplicate mount point: ${target}`);
    taken.add(target);
  }
}

function checkSecret({ id, data, target = '', mode = 0, uid = 0, gid = 0 }: Secret): void {
  if (!/^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,62}[a-zA-Z0-9])?$/.test(id)) {
    throw refuse(`invalid secret: ${JSON.stringify(id)} is no name: at most 64 letters, digits, and -_. within`);
  }
  const size = Buffer.byteLength(data, 'base64');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(data)) throw refuse(`invalid secret ${id}: its data is not base64`);
  if (size === 0 || size > largest)
    throw refuse(`invalid secret ${id}: it must have 1 to ${largest} bytes, not ${size}`);
  if (target.includes('\0') || posix.resolve(directory, target || id) === '/')
    throw refuse(`invalid secret ${id}: its target is no file`);
  if (mode < 0 || mode > 0o7777) throw refuse(`invalid secret ${id}: ${mode} is no file mode`);
  if (![uid, gid].every((one) => Number.isInteger(one) && one >= 0 && one < 2 ** 31)) {
    throw refuse(`invalid secret ${id}: its owner is no number of a user and a group`);
  }
}

const refuse = (words: string): EngineError => new EngineError('invalid', words);
