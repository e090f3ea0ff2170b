import { type Log, messageOf } from '../../kit/index.ts';
import type { Span } from '../spans/tracer.ts';
import { exportRequest } from './message.ts';
import type { OtlpSettings } from './settings.ts';

/** Spans on their way to a collector. */
export interface Exporter {
  /** Takes a span; it goes with others, a moment later. */
  add(span: Span): void;
  /** Sends what is left, as far as the collector takes it within a second. */
  close(): Promise<void>;
}

/** What waits at most: of a collector that takes nothing, the newest spans are lost. */
const most = 4096;
const batch = 512;
const pauseMs = 1000;
/** How often a batch is offered to a collector that asks for patience. */
const attempts = 4;

/** Sends spans by OTLP over HTTP. Nobody waits for it, and what goes wrong is said in the log, once until it goes right again. */
export function createExporter(settings: OtlpSettings, { version, log }: { version: string; log: Log }): Exporter {
  const waiting: Span[] = [];
  let lost = 0;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let complained = false;
  const ending = new AbortController();
  const complain = (error: unknown, spans: number) => {
    lost += spans;
    if (!complained) log.warn('spans could not be sent', { url: settings.url, error: messageOf(error) });
    complained = true;
  };
  const drain = async () => {
    while (waiting.length > 0 && !ending.signal.aborted) {
      const spans = waiting.splice(0, batch);
      try {
        await send(settings, exportRequest(spans, settings.resource, version), ending.signal);
        if (complained) log.info('spans are sent again', { lost });
        complained = false;
        lost = 0;
      } catch (error) {
        complain(error, spans.length);
      }
    }
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    sending ??= drain().finally(() => {
      sending = undefined;
    });
    return sending;
  };
  return {
    add(span) {
      if (!span.context.sampled) return;
      if (waiting.length >= most) return complain('the collector does not keep up', 1);
      waiting.push(span);
      if (waiting.length >= batch) void flush();
      else timer ??= setTimeout(flush, pauseMs).unref();
    },
    async close() {
      const late = setTimeout(() => ending.abort(), pauseMs);
      await flush();
      await flush();
      clearTimeout(late);
    },
  };
}

async function send({ url, headers, timeout }: OtlpSettings, body: string, ending: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body,
      signal: AbortSignal.any([AbortSignal.timeout(timeout), ending]),
    });
    await response.body?.cancel();
    if (response.ok) return;
    // What OTLP calls retryable.
    const patience = [429, 502, 503, 504].includes(response.status) && attempt < attempts;
    if (!patience) throw new Error(`the collector answered ${response.status}`);
    await pause(Number(response.headers.get('retry-after')) * 1000 || pauseMs * 2 ** (attempt - 1), ending);
  }
}

function pause(milliseconds: number, ending: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.min(milliseconds, 60_000)).unref();
  ending.addEventListener('abort', () => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
}
