import type { Builds } from '../build/index.ts';
import { type Log, messageOf, type Tracer, untraced } from '../kit/index.ts';
import { createMetrics, type Metrics } from '../server/index.ts';
import { createExporter, createTracer, type Exporter, otlpSettings } from '../telemetry/index.ts';

/** Who is told of the engine's work: nobody, unless metrics or spans were asked for. */
export interface Seeing {
  tracer: Tracer;
  /** Tells, at the address of the settings, what is measured; rejects where that is taken. */
  serve(): Promise<void>;
  /** The engine has come up, and has this to show. */
  show(levels: Parameters<Metrics['show']>[0]): void;
  close(): Promise<void>;
}

/** As the settings and OpenTelemetry's variables say. */
export function createSeeing(
  { metricsAddress }: { metricsAddress: string },
  { version, environment, log }: { version: string; environment: Record<string, string | undefined>; log: Log },
): Seeing {
  const metrics = metricsAddress === '' ? undefined : createMetrics();
  const exporter = exporterOf(environment, version, log);
  const listeners = [...(metrics ? [metrics.ended] : []), ...(exporter ? [exporter.add] : [])];
  let served: { close(): void } | undefined;
  return {
    tracer: listeners.length === 0 ? untraced : createTracer(listeners),
    async serve() {
      served = await metrics?.serve(metricsAddress, log);
    },
    show: (levels) => metrics?.show(levels),
    async close() {
      served?.close();
      await exporter?.close();
    },
  };
}

/** The same builds, each told of. */
export function tracedBuilds(builds: Builds, tracer: Tracer): Builds {
  return { ...builds, build: (request) => tracer.span('build', () => builds.build(request)) };
}

/** What of the variables cannot be heeded is said; the engine runs without it. */
function exporterOf(environment: Record<string, string | undefined>, version: string, log: Log): Exporter | undefined {
  try {
    const settings = otlpSettings(environment, { version });
    return settings && createExporter(settings, { version, log });
  } catch (error) {
    log.warn('no spans are sent', { error: messageOf(error) });
    return undefined;
  }
}
