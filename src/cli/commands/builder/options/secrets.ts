import { fs } from '../../../lazy.ts';
import { readAttributes, refused } from './attributes.ts';

/** `--secret`: by id, how its value is had. */
export function readSecrets(texts: string[], env: Record<string, string | undefined>): Map<string, () => Uint8Array> {
  const secrets = new Map<string, () => Uint8Array>();
  for (const text of texts) {
    if (!text.includes('=')) throw refused(`invalid field '${text}' must be a key=value pair`);
    const { id = '', src, source, env: name, type } = readAttributes(text);
    if (type !== undefined && type !== 'file' && type !== 'env') throw refused(`unsupported secret type "${type}"`);
    const key = id || (src ?? source ?? name ?? '');
    if (key === '') throw refused(`invalid secret: ${text}`);
    secrets.set(key, reader({ id: key, path: src ?? source, name, type }, env));
  }
  return secrets;
}

function reader(
  of: { id: string; path: string | undefined; name: string | undefined; type: string | undefined },
  env: Record<string, string | undefined>,
): () => Uint8Array {
  const { id, path, name } = of;
  const variable =
    name ?? (of.type === 'env' ? (path ?? id) : path === undefined && env[id] !== undefined ? id : undefined);
  if (variable !== undefined) return () => Buffer.from(env[variable] ?? '');
  const file = path ?? id;
  if (!fs().existsSync(file)) throw new Error(`failed to stat ${file}: stat ${file}: no such file or directory`);
  return () => fs().readFileSync(file);
}
