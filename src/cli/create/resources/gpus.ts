import { parseCsv } from '../../../kit/index.ts';
import { toMap } from '../values/env.ts';

/** What `--gpus` asks the engine for. */
export interface DeviceRequest {
  Driver: string;
  Count: number;
  DeviceIDs: string[] | null;
  Capabilities: string[][];
  Options: Record<string, string>;
}

/** Reads `all`, `2` or `"device=0,1",capabilities=…`. */
export function parseGpus(text: string): DeviceRequest {
  const request: DeviceRequest = { Driver: '', Count: 0, DeviceIDs: null, Capabilities: [['gpu']], Options: {} };
  const seen = new Set<string>();
  for (const field of parseCsv(text)) {
    const equals = field.indexOf('=');
    const key = equals < 0 ? field : field.slice(0, equals);
    if (seen.has(key)) throw new Error(`gpu request key '${key}' can be specified only once`);
    seen.add(key);
    if (equals >= 0) readField(request, key, field);
    else {
      seen.add('count');
      request.Count = readCount(key);
    }
  }
  if (!seen.has('count') && request.DeviceIDs === null) request.Count = 1;
  return request;
}

function readField(request: DeviceRequest, key: string, field: string): void {
  const value = field.slice(key.length + 1);
  if (key === 'driver') request.Driver = value;
  else if (key === 'count') request.Count = readCount(value);
  else if (key === 'device') request.DeviceIDs = value.split(',');
  else if (key === 'capabilities') request.Capabilities = [[...value.split(','), 'gpu']];
  else if (key === 'options') request.Options = toMap(parseCsv(value));
  else throw new Error(`unexpected key '${key}' in '${field}'`);
}

function readCount(text: string): number {
  if (text === 'all') return -1;
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw new Error(`invalid count (${text}): value must be either "all" or an integer: invalid syntax`);
}
