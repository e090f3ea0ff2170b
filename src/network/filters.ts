import { EngineError } from '../kit/index.ts';
import type { NetworkRecord } from './endpoints.ts';

const known = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];

/** Docker's filters of the network list; an unknown one is refused. */
export function networkFilter(filters: Record<string, string[]>): (record: NetworkRecord) => boolean {
  for (const name of Object.keys(filters)) {
    if (!known.includes(name)) throw new EngineError('invalid', `invalid filter '${name}'`);
  }
  const wrong = filters.type?.find((type) => type !== 'builtin' && type !== 'custom');
  if (wrong !== undefined) throw new EngineError('internal', `invalid filter: 'type'='${wrong}'`);
  const any = (name: string, test: (value: string) => boolean): boolean => {
    const values = filters[name];
    return values === undefined || values.length === 0 || values.some(test);
  };
  return (record) =>
    any('driver', (value) => value === record.driver) &&
    any('id', (value) => record.id.startsWith(value)) &&
    any('name', (value) => record.name.includes(value)) &&
    any('scope', (value) => value === 'local') &&
    any('type', (value) => value === 'builtin') &&
    // The predefined networks bear no label, and are in use by definition.
    any('label', () => false) &&
    any('dangling', (value) => value === 'false' || value === '0');
}
