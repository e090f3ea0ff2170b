import { olderThan } from '../../api/index.ts';
import type { Containers } from '../../container/index.ts';
import { EngineError } from '../../kit/index.ts';
import { type Handler, sendJson } from '../request.ts';

type Condition = 'not-running' | 'next-exit' | 'removed';

/**
 * The head goes out as soon as the wait is in place: `docker run` starts the container only after it. A client that leaves
 * ends the wait.
 */
export function waitHandler(containers: Containers): Handler {
  return async (request) => {
    const early = !olderThan(request.version, '1.30');
    const condition = early ? conditionOf(request.query.text('condition')) : 'not-running';
    const { done } = await containers.wait(request.name, condition, request.gone);
    const left = new Promise<undefined>((resolve) => request.gone.addEventListener('abort', () => resolve(undefined)));
    const sink = early ? await request.reply.stream(200, { 'Content-Type': 'application/json' }) : undefined;
    const result = await Promise.race([done, left]);
    if (result === undefined) return;
    if (sink === undefined) return sendJson(request, 200, result);
    await sink.write(`${JSON.stringify(result)}\n`);
    await sink.end();
  };
}

function conditionOf(text: string): Condition {
  if (text === '' || text === 'not-running') return 'not-running';
  if (text === 'next-exit' || text === 'removed') return text;
  throw new EngineError('invalid', `invalid condition: ${JSON.stringify(text)}`);
}
