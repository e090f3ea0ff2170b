export * from './meters/meters.ts';
export { createExporter, type Exporter } from './otlp/exporter.ts';
export { otlpSettings } from './otlp/settings.ts';
export { createTracer, type Span } from './spans/tracer.ts';
