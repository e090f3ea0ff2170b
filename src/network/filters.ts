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
  checkDangling(filters.dangling);
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

function checkDangling(values: string[] = []): void {
  const [value = ''] = values;
  if (values.length > 1) throw new EngineError('invalid', 'got more than one value for filter key "dangling"');
  if (values.length === 0 || ['true', '1', 'false', '0'].includes(value)) return;
  throw new EngineError('invalid', `invalid value for filter 'dangling', must be "true" (or "1"), or "false" (or "0")`);
}
