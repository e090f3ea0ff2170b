import { formatGoDuration } from '../format/duration.ts';
import { preciseMoment } from '../format/time.ts';

/** What a piece of JSON is in Go: it tells a struct from a map, and what null stands for. */
export type Shape =
  | 'any'
  | 'string'
  | 'int'
  | 'bool'
  | 'float'
  | 'time'
  | 'duration'
  | { list: Shape }
  | { map: Shape }
  | { pointer: Shape }
  | { struct: string; fields: Record<string, Shape>; alias?: Record<string, string> };

interface Known {
  shape: Shape;
  /** The value as it came, for `json`. */
  original: unknown;
}

const known = new WeakMap<object, Known>();

/** A moment or a span of time, with the text that Go prints of it. */
export class GoTime {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The data as a template sees it: structs have all their fields, null is an empty list or map where it stands for one. */
export function shaped(value: unknown, shape: Shape): unknown {
  if (shape === 'time') return remember(new GoTime(momentText(value)), shape, value);
  if (shape === 'duration') return remember(new GoTime(formatGoDuration(Number(value ?? 0))), shape, value);
  if (typeof shape === 'string') return value ?? zero(shape);
  if ('pointer' in shape) return value === null || value === undefined ? null : shaped(value, shape.pointer);
  if ('list' in shape) {
    const list = Array.isArray(value) ? value.map((one) => shaped(one, shape.list)) : [];
    return remember(list, shape, value);
  }
  const given = value !== null && typeof value === 'object' ? Object.entries(value) : [];
  if ('map' in shape) {
    return remember(Object.fromEntries(given.map(([key, one]) => [key, shaped(one, shape.map)])), shape, value);
  }
  const fields = Object.fromEntries(given);
  // A field may be called otherwise in Go than in JSON.
  const whole = Object.entries(shape.fields).map(([name, inner]) => [
    name,
    shaped(fields[shape.alias?.[name] ?? name], inner),
  ]);
  return remember({ ...fields, ...(Object.fromEntries(whole) as object) }, shape, value);
}

/** The shape of a value that `shaped` made. */
export function shapeOf(value: unknown): Shape | undefined {
  return value !== null && typeof value === 'object' ? known.get(value)?.shape : undefined;
}

/** The JSON that a value was made of. */
export function originalOf(value: unknown): unknown {
  const found = value !== null && typeof value === 'object' ? known.get(value) : undefined;
  return found ? (found.original ?? null) : value;
}

function momentText(value: unknown): string {
  return preciseMoment(String(value ?? '0001-01-01T00:00:00Z'));
}

function remember(made: object, shape: Shape, original: unknown): object {
  known.set(made, { shape, original });
  return made;
}

function zero(shape: Shape): unknown {
  if (shape === 'string') return '';
  if (shape === 'bool') return false;
  return shape === 'any' ? undefined : 0;
}
