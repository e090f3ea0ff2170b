import { EngineError } from '../../kit/index.ts';
import { isPredefined, type NetworkRecord } from './record.ts';

const known = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];

/** Docker's filters of the network list; an unknown one is refused. `inUse` says whether a container is on a network. */
export function networkFilter(
  filters: Record<string, string[]>,
  inUse: (record: NetworkRecord) => boolean,
): (record: NetworkRecord) => boolean {
  for (const name of Object.keys(filters)) {
    if (!known.includes(name)) throw new EngineError('invalid', `invalid filter '${name}'`);
  }
  const wrong = filters.type?.find((type) => type !== 'builtin' && type !== 'custom');
  if (wrong !== undefined) throw new EngineError('internal', `invalid filter: 'type'='${wrong}'`);
  const dangling = danglingOf(filters.dangling);
  const any = (name: string, test: (value: string) => boolean): boolean => {
    const values = filters[name];
    return values === undefined || values.length === 0 || values.some(test);
  };
  return (record) =>
    any('driver', (value) => value === record.driver) &&
    any('id', (value) => matches(record.id, value)) &&
    any('name', (value) => matches(record.name, value)) &&
    any('scope', (value) => value === 'local') &&
    any('type', (value) => (value === 'builtin') === isPredefined(record.name)) &&
    (filters.label ?? []).every((label) => hasLabel(record, label)) &&
    (dangling === undefined || dangling === !(isPredefined(record.name) || inUse(record)));
}

/** Docker takes names and ids for regular expressions, and for the text itself where they are none. */
function matches(text: string, wanted: string): boolean {
  if (text === wanted || text.includes(wanted)) return true;
  try {
    return new RegExp(wanted).test(text);
  } catch {
    return false;
  }
}

/** `key` or `key=value` */
export function hasLabel({ labels }: NetworkRecord, wanted: string): boolean {
  const at = wanted.indexOf('=');
  if (at < 0) return Object.hasOwn(labels, wanted);
  return labels[wanted.slice(0, at)] === wanted.slice(at + 1);
}

function danglingOf(values: string[] = []): boolean | undefined {
  const [value = ''] = values;
  if (values.length > 1) throw new EngineError('invalid', 'got more than one value for filter key "dangling"');
  if (values.length === 0) return undefined;
  if (['true', '1'].includes(value)) return true;
  if (['false', '0'].includes(value)) return false;
  throw new EngineError('invalid', `invalid value for filter 'dangling', must be "true" (or "1"), or "false" (or "0")`);
}
