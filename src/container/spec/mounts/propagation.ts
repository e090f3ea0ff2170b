import { realpathSync } from 'node:fs';
import { EngineError } from '../../../kit/index.ts';
import type { MountPoint } from './mount-points.ts';

/**
 * What the root's own propagation must be for the mounts below it: events go through a shared or slave mount only if its
 * source is one on the host, which is refused otherwise in Docker's words. `mountInfo` gives /proc/self/mountinfo.
 */
export function rootPropagation(mounts: MountPoint[], mountInfo: () => string): 'shared' | 'rslave' | undefined {
  const shared = mounts.filter(({ propagation }) => /^r?shared$/.test(propagation));
  const slaves = mounts.filter(({ propagation }) => /^r?slave$/.test(propagation));
  if (shared.length + slaves.length === 0) return undefined;
  const table = parseMountInfo(mountInfo());
  for (const { source } of shared) require(source, table, ['shared:'], 'a shared mount');
  for (const { source } of slaves) require(source, table, ['shared:', 'master:'], 'a shared or slave mount');
  return shared.length > 0 ? 'shared' : 'rslave';
}

interface HostMount {
  at: string;
  /** The optional fields, for example `shared:1`. */
  fields: string[];
}

function parseMountInfo(text: string): HostMount[] {
  const rows = text.split('\n').filter((row) => row !== '');
  return rows.map((row) => {
    const words = row.split(' ');
    const at = (words[4] ?? '').replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
    return { at, fields: words.slice(6, words.indexOf('-')) };
  });
}

function require(source: string, table: HostMount[], wanted: string[], what: string): void {
  const path = realpathSync(source);
  const above = table.filter(({ at }) => at === '/' || path === at || path.startsWith(`${at}/`));
  // Of two mounts on one place the later one is seen.
  const mount = above.reduce((best, one) => (one.at.length >= best.at.length ? one : best), { at: '', fields: [] });
  if (mount.fields.some((field) => wanted.some((prefix) => field.startsWith(prefix)))) return;
  throw new EngineError('internal', `path ${source} is mounted on ${mount.at} but it is not ${what}`);
}
