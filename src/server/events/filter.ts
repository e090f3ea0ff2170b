import type { EventMessage } from '../../api/index.ts';

type Filters = Record<string, string[]>;

/** Whether an event passes the filters of `docker events`; filters unknown to Docker let everything pass, as there. */
export function eventMatches(event: EventMessage, filters: Filters): boolean {
  const id = event.Actor?.ID ?? '';
  const attributes = event.Actor?.Attributes ?? {};
  const name = attributes.name ?? '';
  const begins = (key: string) => some(filters[key], (value) => id.startsWith(value) || name.startsWith(value));
  return (
    some(filters.type, (value) => value === event.Type) &&
    some(filters.scope, (value) => value === event.scope) &&
    actionMatches(event.Action ?? '', filters.event) &&
    named.every(begins) &&
    some(filters.image, (value) => imageMatches(event, value)) &&
    (filters.label ?? []).every((value) => labelMatches(attributes, value))
  );
}

function some(values: string[] | undefined, test: (value: string) => boolean): boolean {
  return values === undefined || values.length === 0 || values.some(test);
}

/** The filters that are found by the beginning of an id or a name. */
const named = ['container', 'volume', 'network', 'daemon', 'plugin', 'node', 'service', 'secret', 'config'];

const withDetails = ['health_status', 'exec_create', 'exec_start'];

/** Once one of the actions that have details after a colon is asked for without them, each is found by its beginning. */
function actionMatches(action: string, wanted: string[] | undefined): boolean {
  const prefixed = wanted?.some((value) => withDetails.includes(value)) ?? false;
  return some(wanted, (value) => (prefixed ? action.startsWith(value) : action === value));
}

function imageMatches(event: EventMessage, wanted: string): boolean {
  const id = event.Actor?.ID ?? '';
  const name = event.Actor?.Attributes?.[event.Type === 'image' ? 'name' : 'image'] ?? '';
  return [id, name, withoutTag(id), withoutTag(name)].includes(wanted);
}

function withoutTag(reference: string): string {
  return reference.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
}

function labelMatches(attributes: Record<string, string>, wanted: string): boolean {
  const equals = wanted.indexOf('=');
  if (equals === -1) return wanted in attributes;
  return attributes[wanted.slice(0, equals)] === wanted.slice(equals + 1);
}
