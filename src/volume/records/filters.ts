import { EngineError } from '../../kit/index.ts';
import { localDriver, type VolumeRow } from './row.ts';

type Filters = Record<string, string[]>;

const known = ['dangling', 'driver', 'label', 'name'];

/** Whether a volume is wanted; `inUse` is asked only where it matters. Filters that there are not are refused. */
export function volumeFilter(filters: Filters): (name: string, row: VolumeRow, inUse: () => boolean) => boolean {
  const unknown = Object.keys(filters).find((filter) => !known.includes(filter));
  if (unknown !== undefined) throw new EngineError('invalid', `invalid filter '${unknown}'`);
  const dangling = booleanFilter(filters);
  return (name, row, inUse) =>
    some(filters.name, (wanted) => matches(name, wanted)) &&
    some(filters.driver, (wanted) => wanted === (row.driver ?? localDriver)) &&
    (filters.label ?? []).every((wanted) => hasLabel(row.labels ?? {}, wanted)) &&
    (dangling === undefined || dangling !== inUse());
}

const some = (wanted: string[] | undefined, test: (value: string) => boolean): boolean =>
  !wanted?.length || wanted.some(test);

function matches(name: string, wanted: string): boolean {
  if (name.includes(wanted)) return true;
  try {
    return new RegExp(wanted).test(name);
  } catch {
    // What is no pattern can only be part of a name.
    return false;
  }
}

/** `name` or `name=value`. */
export function hasLabel(labels: Record<string, string>, wanted: string): boolean {
  const at = wanted.indexOf('=');
  return at < 0 ? Object.hasOwn(labels, wanted) : labels[wanted.slice(0, at)] === wanted.slice(at + 1);
}

function booleanFilter({ dangling }: Filters): boolean | undefined {
  if (!dangling?.length) return undefined;
  const [value = ''] = dangling;
  if (dangling.length === 1 && ['1', 'true'].includes(value)) return true;
  if (dangling.length === 1 && ['0', 'false'].includes(value)) return false;
  throw new EngineError('invalid', `invalid filter 'dangling=[${dangling.join(' ')}]'`);
}
