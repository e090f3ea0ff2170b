import { shortId } from '../../kit/index.ts';
import type { ContainerRow } from '../row.ts';
import { nameOf } from '../spec/merge.ts';
import { logRefusal } from './refusal.ts';

/**
 * What `labels`, `labels-regex`, `env`, `env-regex` and `tag` have written into each line of a log, as JSON the way Docker
 * writes it; empty for nothing.
 */
export function logAttrs(row: ContainerRow): string {
  const options = row.hostConfig.LogConfig?.Config ?? {};
  const env = Object.fromEntries((row.config.Env ?? []).map((entry) => [nameOf(entry), contentOf(entry)]));
  const attrs = {
    ...chosen(row.config.Labels ?? {}, options.labels, options['labels-regex']),
    ...chosen(env, options.env, options['env-regex']),
    ...(options.tag && { tag: tagOf(options.tag, row) }),
  };
  const sorted = Object.entries(attrs).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return sorted.length === 0 ? '' : goJson(Object.fromEntries(sorted));
}

const contentOf = (entry: string): string => entry.slice(nameOf(entry).length + 1);

function chosen(all: Record<string, string>, names: string | undefined, pattern: string | undefined) {
  const wanted = new Set(names?.split(','));
  const expression = pattern ? parsePattern(pattern) : undefined;
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.has(name) || expression?.test(name)));
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw logRefusal(`error parsing regexp: \`${text}\``);
  }
}

/** Docker's fields of a tag; anything else of its template language is refused. */
function tagOf(template: string, { id, name, imageId, config }: ContainerRow): string {
  const image = imageId.replace(/^sha256:/, '');
  const fields: Record<string, string> = {
    ID: shortId(id),
    FullID: id,
    Name: name ?? '',
    ImageID: shortId(image),
    ImageFullID: imageId,
    ImageName: config.Image ?? '',
    DaemonName: 'docker',
  };
  return template.replace(/\{\{\s*([^}]*?)\s*\}\}/g, (whole, inner: string) => {
    const value = fields[inner.replace(/^\./, '')];
    if (/^\.\w+$/.test(inner) && value !== undefined) return value;
    const at = `template: log-tag:1:2: executing "log-tag" at <${inner}>`;
    if (/^\.\w+$/.test(inner)) throw logRefusal(`${at}: can't evaluate field ${inner.slice(1)} in type *logger.Info`);
    throw logRefusal(`log opt 'tag': ${whole} is not supported`);
  });
}

/** Go writes what could end a script in HTML, and the line separators, as escapes. */
function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
