import type { Attributes } from '../../kit/index.ts';
import type { Span } from '../spans/tracer.ts';

const kinds = { internal: 1, server: 2 } as const;
const failed = 2;

/** Spans as OTLP's ExportTraceServiceRequest in JSON. */
export function exportRequest(spans: Span[], resource: Record<string, string>, version: string): string {
  const told = spans.map(({ name, kind, context, parentId, start, end, attributes, error }) => ({
    traceId: context.traceId,
    spanId: context.spanId,
    ...(parentId !== undefined && { parentSpanId: parentId }),
    name,
    kind: kinds[kind],
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(end),
    attributes: keyValues(attributes),
    status: error === undefined ? {} : { code: failed, message: error },
  }));
  const scopeSpans = [{ scope: { name: 'tug', version }, spans: told }];
  return JSON.stringify({ resourceSpans: [{ resource: { attributes: keyValues(resource) }, scopeSpans }] });
}

function keyValues(attributes: Attributes) {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: anyValue(value) }],
  );
}

function anyValue(value: string | number | boolean) {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
