import { GoTime, shapeOf } from './shapes.ts';

/** A value as Go's %v prints it. */
export function goString(value: unknown): string {
  if (value === undefined) return '<no value>';
  if (value === null) return '<nil>';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  if (Array.isArray(value)) return `[${value.map(goString).join(' ')}]`;
  if (typeof value === 'object') return objectText(value as Record<string, unknown>);
  return String(value);
}

function objectText(value: Record<string, unknown>): string {
  if (value instanceof GoTime) return value.text;
  const fields = fieldsOf(value);
  if (fields) return `{${fields.map(goString).join(' ')}}`;
  return `map[${sortedEntries(value)
    .map(([key, one]) => `${key}:${goString(one ?? null)}`)
    .join(' ')}]`;
}

/** The values of a struct in its order; undefined for what is none. */
export function fieldsOf(value: object): unknown[] | undefined {
  const shape = shapeOf(value);
  if (typeof shape !== 'object' || !('struct' in shape)) return undefined;
  return Object.keys(shape.fields).map((name) => (value as Record<string, unknown>)[name] ?? null);
}

/** A map's entries as Go orders them. */
export function sortedEntries(value: object): [string, unknown][] {
  return Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Go's %v of a number: whole ones as they are, others as short as they can be, huge ones with an exponent. */
export function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Whether a value counts as true: not zero, empty or missing. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value !== null && typeof value === 'object') {
    const shape = shapeOf(value);
    const isStruct = typeof shape === 'object' && 'struct' in shape;
    return isStruct || Object.keys(value).length > 0;
  }
  return Boolean(value);
}

/** What Go calls the type of a value. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64';
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  const shape = shapeOf(value);
  if (shape) return shapeName(shape);
  if (Array.isArray(value)) {
    return value.length > 0 && value.every((one) => typeof one === 'string') ? '[]string' : '[]interface {}';
  }
  return 'map[string]interface {}';
}

function shapeName(shape: ReturnType<typeof shapeOf>): string {
  if (shape === undefined || shape === 'any') return 'interface {}';
  if (shape === 'float') return 'float64';
  if (shape === 'time') return 'time.Time';
  if (shape === 'duration') return 'time.Duration';
  if (typeof shape === 'string') return shape;
  if ('list' in shape) return `[]${shapeName(shape.list)}`;
  if ('map' in shape) return `map[string]${shapeName(shape.map)}`;
  if ('pointer' in shape) return `*${shapeName(shape.pointer)}`;
  return shape.struct;
}
