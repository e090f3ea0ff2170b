/** A span as it came. Times in nanoseconds. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code?: number; message?: string };
}

/** A collector of OTLP over HTTP, in JSON, that refuses what the protocol does not allow. */
export interface Collector {
  url: string;
  spans: ReceivedSpan[];
  /** Of the requests that came: their paths and header fields. */
  requests: { path: string; headers: Headers; resource: Record<string, unknown> }[];
  /** Answers the next requests so, once each. */
  refuse(...statuses: number[]): void;
  /** Why a request was refused as malformed. */
  problems: string[];
  close(): Promise<void>;
}

export function startCollector(): Collector {
  const spans: ReceivedSpan[] = [];
  const requests: Collector['requests'] = [];
  const problems: string[] = [];
  const refusals: number[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const refusal = refusals.shift();
      if (refusal !== undefined) return new Response('', { status: refusal });
      try {
        const { resource, found } = read(JSON.parse(await request.text()));
        requests.push({ path: new URL(request.url).pathname, headers: request.headers, resource });
        spans.push(...found);
        return Response.json({ partialSuccess: {} });
      } catch (error) {
        problems.push(String(error));
        return new Response(String(error), { status: 400 });
      }
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    spans,
    requests,
    problems,
    refuse: (...statuses) => void refusals.push(...statuses),
    close: () => server.stop(true),
  };
}

function read(message: { resourceSpans?: ResourceSpans[] }) {
  const found: ReceivedSpan[] = [];
  let resource: Record<string, unknown> = {};
  for (const { resource: of, scopeSpans } of message.resourceSpans ?? fail('no resourceSpans')) {
    resource = Object.fromEntries(of.attributes.map(({ key, value }) => [key, value.stringValue]));
    for (const { scope, spans } of scopeSpans) {
      if (typeof scope.name !== 'string') fail('a scope without a name');
      for (const span of spans) found.push(checked(span));
    }
  }
  return { resource, found };
}

interface ResourceSpans {
  resource: { attributes: ReceivedSpan['attributes'] };
  scopeSpans: { scope: { name: string }; spans: ReceivedSpan[] }[];
}

function checked(span: ReceivedSpan): ReceivedSpan {
  const { traceId, spanId, parentSpanId, name, kind, startTimeUnixNano: start, endTimeUnixNano: end } = span;
  if (!/^(?!0+$)[0-9a-f]{32}$/.test(traceId)) fail(`trace id ${traceId}`);
  if (!/^(?!0+$)[0-9a-f]{16}$/.test(spanId)) fail(`span id ${spanId}`);
  if (parentSpanId !== undefined && !/^[0-9a-f]{16}$/.test(parentSpanId)) fail(`parent ${parentSpanId}`);
  if (typeof name !== 'string' || name === '') fail('a span without a name');
  if (![1, 2, 3, 4, 5].includes(kind)) fail(`kind ${kind}`);
  // JSON cannot hold them as numbers.
  if (!/^\d{19}$/.test(start) || !/^\d{19}$/.test(end) || BigInt(end) < BigInt(start)) fail(`times ${start} ${end}`);
  for (const { key, value } of span.attributes) {
    const [kindOf, ...more] = Object.keys(value);
    const known = ['stringValue', 'boolValue', 'intValue', 'doubleValue'].includes(kindOf ?? '');
    if (typeof key !== 'string' || !known || more.length > 0) fail(`attribute ${key}`);
  }
  return span;
}

function fail(why: string): never {
  throw new Error(why);
}
