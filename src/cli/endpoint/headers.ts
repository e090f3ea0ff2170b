import { CliError } from '../command.ts';
import type { Config } from '../config/file.ts';

/** The headers of every request: DOCKER_CUSTOM_HEADERS, or config.json's HttpHeaders. */
export function customHeaders({ data }: Config, env: Record<string, string | undefined>): Record<string, string> {
  const text = env.DOCKER_CUSTOM_HEADERS;
  if (!text)
    return Object.fromEntries(Object.entries(data.HttpHeaders ?? {}).filter(([name]) => !/^user-agent$/i.test(name)));
  const headers: Record<string, string> = {};
  for (const field of csvFields(text)) {
    const equals = field.indexOf('=');
    const name = (equals < 0 ? field : field.slice(0, equals)).trim();
    const refuse = (reason: string) =>
      new CliError(
        `failed to set custom headers from DOCKER_CUSTOM_HEADERS environment variable: ${reason}: '${field}'`,
      );
    if (name === '') throw refuse('value contains a key=value pair with an empty key');
    if (equals < 0) throw refuse('missing "=" in key=value pair');
    headers[name] = field.slice(equals + 1);
  }
  return headers;
}

function csvFields(text: string): string[] {
  return [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}

/** W3C's trace context as programs hand it to those they start: the engine's work then shows as part of theirs. */
export function traceHeaders(env: Record<string, string | undefined>): Record<string, string> {
  const { TRACEPARENT: parent = '', TRACESTATE: state = '' } = env;
  if (!/^[0-9a-f-]+$/.test(parent)) return {};
  return { traceparent: parent, ...(/^[\x20-\x7e]+$/.test(state) && { tracestate: state }) };
}
