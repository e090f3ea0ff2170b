import { hostname } from 'node:os';

/** Where spans go, and with what. */
export interface OtlpSettings {
  url: string;
  headers: Record<string, string>;
  /** Of one request, in milliseconds. */
  timeout: number;
  /** What the spans are of: `service.name` and the like. */
  resource: Record<string, string>;
}

type Environment = Record<string, string | undefined>;

/**
 * What OpenTelemetry's variables ask for; undefined when they name no endpoint, or turn it off. Throws, with a sentence, for what
 * cannot be heeded.
 */
export function otlpSettings(environment: Environment, service: { version: string }): OtlpSettings | undefined {
  const said = (name: string): string => environment[name]?.trim() ?? '';
  const of = (name: string): string => said(`OTEL_EXPORTER_OTLP_TRACES_${name}`) || said(`OTEL_EXPORTER_OTLP_${name}`);
  const endpoint = of('ENDPOINT');
  if (endpoint === '' || said('OTEL_SDK_DISABLED').toLowerCase() === 'true') return undefined;
  if (said('OTEL_TRACES_EXPORTER') === 'none') return undefined;
  const protocol = of('PROTOCOL');
  if (protocol === 'grpc') throw new Error('OTEL_EXPORTER_OTLP_PROTOCOL=grpc is not supported: use http/json');
  const whole = said('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') !== '';
  return {
    url: checked(whole ? endpoint : `${endpoint.replace(/\/+$/, '')}/v1/traces`),
    headers: pairs(of('HEADERS')),
    timeout: Number(of('TIMEOUT')) || 10_000,
    resource: {
      'service.version': service.version,
      'host.name': hostname(),
      ...pairs(said('OTEL_RESOURCE_ATTRIBUTES')),
      'service.name': said('OTEL_SERVICE_NAME') || pairs(said('OTEL_RESOURCE_ATTRIBUTES'))['service.name'] || 'tug',
    },
  };
}

function checked(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new Error(`no OTLP endpoint: ${url}`);
  return url;
}

/** `name=value,…`, percent-encoded. */
function pairs(text: string): Record<string, string> {
  const found = text.split(',').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at > 0 ? [[pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())]] : [];
  });
  return Object.fromEntries(found);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A percent sign that means itself.
  }
}
