import type { Containers } from '../../../container/index.ts';
import { EngineError } from '../../../kit/index.ts';
import type { Handler } from '../../request.ts';
import type { Route } from '../../router.ts';

const pauseMs = 1000;

/** The engine's own: what every running container uses, all of them in one line a second. Docker wants a stream for each. */
export function liveRoutes(containers: Containers): Route[] {
  const live: Handler = async ({ reply, gone }) => {
    const sink = await reply.stream(200, { 'Content-Type': 'application/json' });
    while (!gone.aborted) {
      await sink.write(`${JSON.stringify(await look(containers))}\n`);
      await pause(gone);
    }
  };
  return [['GET', '/tug/stats', live]];
}

async function look(containers: Containers) {
  const running = await containers.list({ all: false, size: false, filters: {} });
  const samples = await Promise.all(running.map((container) => sampleOf(containers, container)));
  return samples.filter((sample) => sample !== undefined);
}

type Listed = Awaited<ReturnType<Containers['list']>>[number];

/** Undefined for one that has gone since it was listed. */
async function sampleOf(containers: Containers, { Id: id = '', Names }: Listed) {
  try {
    const samples = await containers.stats(id, { stream: false, oneShot: true }, new AbortController().signal);
    for await (const sample of samples) return { ...sample, id, name: Names?.[0] ?? '' };
  } catch (error) {
    if (!(error instanceof EngineError && error.kind === 'notFound')) throw error;
  }
  return undefined;
}

function pause(gone: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => {
    clearTimeout(timer);
    gone.removeEventListener('abort', end);
    resolve();
  };
  const timer = setTimeout(end, pauseMs);
  gone.addEventListener('abort', end);
  return promise;
}
