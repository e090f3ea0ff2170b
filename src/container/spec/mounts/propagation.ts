import { realpathSync } from 'node:fs';
import { EngineError } from '../../../kit/index.ts';
import type { MountPoint } from './mount-point.ts';

/**
 * A bind with a propagation of its own: private where none was asked for. What the engine has mounted below its data must not be held
 * fast by a container, so binds of that, and of what it lies in, are slaves by themselves, and nothing else that would hold it is let
 * pass; as in Docker, whose words these are.
 */
export function settlePropagation(point: MountPoint, dataRoot: string): MountPoint {
  const { type, source, propagation } = point;
  if (type !== 'bind') return point;
  if (!isWithin(source, dataRoot) && !isWithin(dataRoot, source))
    return { ...point, propagation: propagation || 'rprivate' };
  if (propagation === '') return { ...point, propagation: 'rslave', propagationImplied: true };
  if (propagation === 'rslave' || propagation === 'rshared') return point;
  const about = [`daemon root: "${dataRoot}"`, `bind mount source: "${source}"`, `propagation: "${propagation}"`];
  throw new EngineError(
    'invalid',
    `invalid mount config: must use either propagation mode "rslave" or "rshared" when mount source is within the daemon root, ${about.join(', ')}`,
  );
}

const isWithin = (path: string, directory: string): boolean =>
  path === directory || directory === '/' || path.startsWith(`${directory}/`);

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
  const asked = slaves.filter(({ propagationImplied }) => !propagationImplied);
  for (const { source } of asked) require(source, table, slaveFields, 'a shared or slave mount');
  if (shared.length > 0) return 'shared';
  return asked.length > 0 || slaves.some(({ source }) => hasField(source, table, slaveFields)) ? 'rslave' : undefined;
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

const slaveFields = ['shared:', 'master:'];

function require(source: string, table: HostMount[], wanted: string[], what: string): void {
  if (hasField(source, table, wanted)) return;
  throw new EngineError('internal', `path ${source} is mounted on ${mountOf(source, table).at} but it is not ${what}`);
}

function hasField(source: string, table: HostMount[], wanted: string[]): boolean {
  return mountOf(source, table).fields.some((field) => wanted.some((prefix) => field.startsWith(prefix)));
}

function mountOf(source: string, table: HostMount[]): HostMount {
  const path = realpathSync(source);
  const above = table.filter(({ at }) => at === '/' || path === at || path.startsWith(`${at}/`));
  // Of two mounts on one place the later one is seen.
  return above.reduce((best, one) => (one.at.length >= best.at.length ? one : best), { at: '', fields: [] });
}
