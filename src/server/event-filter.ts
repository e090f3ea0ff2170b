import type { EventMessage } from '../api/index.ts';

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
    some(filters.event, (value) => actionMatches(event.Action ?? '', value)) &&
    ['container', 'volume', 'network', 'daemon', 'plugin'].every(begins) &&
    some(filters.image, (value) => imageMatches(event, value)) &&
    (filters.label ?? []).every((value) => labelMatches(attributes, value))
  );
}

function some(values: string[] | undefined, test: (value: string) => boolean): boolean {
  return values === undefined || values.length === 0 || values.some(test);
}

/** `exec_create: sh -c …` and `health_status: healthy` are found by what stands before the colon. */
function actionMatches(action: string, wanted: string): boolean {
  const prefixed = ['health_status', 'exec_create', 'exec_start'].includes(wanted);
  return prefixed ? action.startsWith(wanted) : action === wanted;
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
