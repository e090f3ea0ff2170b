import { attributesOf, goJson, type LogInfo, sorted, tagOf } from '../../logs/index.ts';
import type { ContainerRow } from '../row.ts';

/** What log drivers are told of a container. */
export function logInfo({ id, name, path, args, imageId, config, created, hostConfig }: ContainerRow): LogInfo {
  return {
    options: hostConfig.LogConfig?.Config ?? {},
    id,
    name: name ?? '',
    path,
    args,
    imageId,
    imageName: config.Image ?? '',
    created,
    env: config.Env ?? [],
    labels: config.Labels ?? {},
  };
}

/** What `labels`, `env` and `tag` have written into each line of a json-file log, as Docker writes it; empty for nothing. */
export function logAttrs(info: LogInfo): string {
  const all = { ...attributesOf(info), ...(info.options.tag && { tag: tagOf(info) }) };
  const entries = sorted(all);
  return entries.length === 0 ? '' : goJson(Object.fromEntries(entries));
}
