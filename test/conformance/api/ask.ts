import type { Probe } from './probe.ts';

/** What of an answer is compared. */
export interface Answer {
  status: number;
  fields: Record<string, string>;
  message?: string;
  body?: unknown;
}

/** Sends a request to the engine at a socket; `{name}` in path and body stands for a name of this run. */
export function send(socket: string, probe: Probe, names: Record<string, string>): Promise<Response> {
  const { method, path, body, type, headers = {} } = probe;
  return fetch(`http://d${fill(path, names)}`, {
    unix: socket,
    method,
    redirect: 'manual',
    headers: body === undefined ? headers : { 'Content-Type': type ?? 'application/json', ...headers },
    ...(body === undefined ? {} : { body: fill(body, names) }),
    signal: AbortSignal.timeout(20_000),
  });
}

/** Puts the names of this run in place of `{run}` and the like, also where they were percent-encoded. */
export function fill(text: string, names: Record<string, string>): string {
  return text
    .replace(/\{(\w+)\}/g, (whole, key: string) => names[key] ?? whole)
    .replace(/%7B(\w+)%7D/g, (whole, key: string) => (names[key] ? encodeURIComponent(names[key]) : whole));
}

const compared = [
  'content-type',
  'api-version',
  'ostype',
  'docker-experimental',
  'cache-control',
  'pragma',
  'swarm',
  'location',
  'connection',
  'x-content-type-options',
];

/** The answer to a request, reduced to what must be the same from both engines. */
export async function ask(socket: string, probe: Probe, names: Record<string, string>): Promise<Answer> {
  const response = await send(socket, probe, names);
  const text = await response.text();
  const fields: Record<string, string> = {};
  for (const name of compared) {
    const value = response.headers.get(name);
    if (value !== null) fields[name] = value;
  }
  const answer: Answer = { status: response.status, fields };
  const value = lastJson(text);
  if (response.status >= 400) {
    const message = (value as { message?: unknown } | undefined)?.message;
    answer.message = normalise(typeof message === 'string' ? message : text);
  } else if (value === undefined) answer.message = normalise(text);
  else answer.body = await bodyOf(socket, probe, value);
  return answer;
}

const madePaths = ['HostConfig', 'Config', 'Mounts', 'Path', 'Args', 'Platform'];

/** What is compared of a body; of a container that was made, what it is. It is removed, being in nobody's way then. */
async function bodyOf(socket: string, probe: Probe, value: unknown): Promise<unknown> {
  if (!probe.path.includes('/containers/create')) {
    const body = without(value, probe.except);
    return probe.values ? valuesOf(body) : shapeOf(body);
  }
  const { Id, Warnings } = value as { Id: string; Warnings: unknown };
  const path = `/containers/${Id}`;
  const inspected = await send(socket, { method: 'GET', path: `${path}/json` }, {});
  const container = (await inspected.json()) as Record<string, unknown>;
  await send(socket, { method: 'DELETE', path: `${path}?v=1` }, {});
  // Docker lists mounts in no order.
  container.Mounts = (container.Mounts as { Destination: string }[]).toSorted((one, other) =>
    one.Destination < other.Destination ? -1 : 1,
  );
  const made = Object.fromEntries(madePaths.map((name) => [name, container[name]]));
  return valuesOf(without({ Warnings, ...made }, ['HostConfig.Runtime', ...(probe.except ?? [])]));
}

/** The body, or the last of several JSON texts in lines. */
function lastJson(text: string): unknown {
  for (const candidate of [text, text.trim().split('\n').at(-1) ?? '']) {
    try {
      return JSON.parse(candidate);
    } catch {
      // A body that is no JSON is compared as text.
    }
  }
  return undefined;
}

function normalise(text: string): string {
  return text
    .replace(/\b[0-9a-f]{64}\b/g, '<id>')
    .replace(/\b[0-9a-f]{12}\b/g, '<short id>')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/g, '<time>')
    .replace(/\/(?:var|tmp|run)\/[^\s"',]*/g, '<path>')
    .replace(/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, '<mac>')
    .replace(/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, '<ip>')
    .trim();
}

/** Without the members named, by paths in which `*` is every element or member. */
function without(value: unknown, paths: string[] = []): unknown {
  for (const path of paths) drop(value, path.split('.'));
  return value;
}

function drop(value: unknown, [first = '', ...rest]: string[]): void {
  if (typeof value !== 'object' || value === null) return;
  const members = value as Record<string, unknown>;
  const names = first === '*' ? Object.keys(members) : [first];
  for (const name of names) {
    if (rest.length > 0) drop(members[name], rest);
    else delete members[name];
  }
}

/** The names and types of everything in a value; of a list, those of its first element. */
function shapeOf(value: unknown): unknown {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'empty list' : [shapeOf(value[0])];
  if (typeof value !== 'object') return typeof value;
  return mapMembers(value, shapeOf);
}

function valuesOf(value: unknown): unknown {
  if (typeof value === 'string') return normalise(value);
  if (Array.isArray(value)) return value.map(valuesOf);
  return typeof value === 'object' && value !== null ? mapMembers(value, valuesOf) : value;
}

function mapMembers(value: object, change: (value: unknown) => unknown): Record<string, unknown> {
  const members = Object.entries(value).map(([name, member]) => [normalise(name), change(member)] as const);
  return Object.fromEntries(members.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
