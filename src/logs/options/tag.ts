import { EngineError, shortId } from '../../kit/index.ts';
import type { LogInfo } from './info.ts';

/** What the option `tag` makes of the container, or `initial` where there is none. */
export function tagOf(info: LogInfo, initial = '{{.ID}}'): string {
  return fill(info.options.tag || initial, info);
}

/** Docker's fields of a tag; anything else of its template language is refused. */
function fill(template: string, info: LogInfo): string {
  const fields: Record<string, string> = {
    ID: shortId(info.id),
    FullID: info.id,
    Name: info.name,
    ImageID: info.imageId.slice(0, 12),
    ImageFullID: info.imageId,
    ImageName: info.imageName,
    DaemonName: 'docker',
  };
  return template.replace(/\{\{\s*([^}]*?)\s*\}\}/g, (whole, inner: string) => {
    const value = fields[inner.replace(/^\./, '')];
    if (/^\.\w+$/.test(inner) && value !== undefined) return value;
    const at = `template: log-tag:1:2: executing "log-tag" at <${inner}>`;
    if (/^\.\w+$/.test(inner)) {
      throw new EngineError('invalid', `${at}: can't evaluate field ${inner.slice(1)} in type *logger.Info`);
    }
    throw new EngineError('invalid', `log opt 'tag': ${whole} is not supported`);
  });
}
