import { parseMoment } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import { familiarName, familiarString, type Reference } from '../../oci/index.ts';
import type { Tx } from '../../store/index.ts';
import { findImage, type ImageRecord } from '../records/records.ts';

/** What of an image a list shows. */
export interface Filters {
  /** Whether the image is listed at all, its names aside. */
  image(record: ImageRecord, dangling: boolean): boolean;
  /** Whether one of its names is listed; an image that had names and loses all of them is not. */
  name(name: Reference): boolean;
  /** Names are asked for, so that nameless images are out. */
  byName: boolean;
}

const known = ['before', 'since', 'dangling', 'label', 'label!', 'reference', 'until'];

/** Checks filters in Docker's words; `before` and `since` name images. */
export function parseFilters(tx: Tx, filters: Record<string, string[]>, now: Date): Filters {
  for (const name of Object.keys(filters)) {
    if (!known.includes(name)) throw new EngineError('invalid', `invalid filter '${name}'`);
  }
  const values = (name: string) => filters[name] ?? [];
  const created = (reference: string) => createdAt(findImage(tx, reference).record);
  const before = values('before').map(created);
  const since = values('since').map(created);
  const until = values('until').map((text) => parseMoment(text, now.getTime()));
  const dangling = danglingOf(values('dangling'));
  const patterns = values('reference').map(globOf);
  return {
    byName: patterns.length > 0,
    name: (name) =>
      patterns.length === 0 ||
      patterns.some((pattern) => pattern.test(familiarString(name)) || pattern.test(familiarName(name))),
    image(record, isDangling) {
      const at = createdAt(record);
      const labels = record.config.config?.Labels ?? {};
      return (
        (dangling === undefined || dangling === isDangling) &&
        before.every((time) => at < time) &&
        since.every((time) => at > time) &&
        until.every((time) => at < time) &&
        values('label').every((label) => hasLabel(labels, label)) &&
        !(values('label!').length > 0 && values('label!').every((label) => hasLabel(labels, label)))
      );
    },
  };
}

function createdAt(record: ImageRecord): number {
  const { created } = record.config;
  return created === undefined ? 0 : Date.parse(created);
}

function danglingOf(values: string[]): boolean | undefined {
  if (values.length === 0) return undefined;
  const [value = ''] = values;
  const truth = { '1': true, true: true, '0': false, false: false }[value];
  if (values.length > 1 || truth === undefined) {
    throw new EngineError('invalid', `invalid filter 'dangling=[${values.join(' ')}]'`);
  }
  return truth;
}

function hasLabel(labels: Record<string, string>, wanted: string): boolean {
  const [name = '', value] = wanted.split(/=(.*)/s);
  return name in labels && (value === undefined || labels[name] === value);
}

/** A shell pattern in which `*` and `?` do not match a slash. */
function globOf(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? '';
    const set = /^\[\^?(?:\\.|[^\]\\])+\]/.exec(pattern.slice(at))?.[0];
    if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '[' && set) {
      source += set.replaceAll('[', '\\[').replace('\\[', '[');
      at += set.length - 1;
    } else if (char === '[' || (char === '\\' && at + 1 === pattern.length)) {
      throw new EngineError('invalid', 'syntax error in pattern');
    } else {
      if (char === '\\') at++;
      source += (pattern[at] ?? '').replace(/[.*+?^${}()|[\]\\]/, '\\$&');
    }
  }
  return new RegExp(`^${source}$`);
}
