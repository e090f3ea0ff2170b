import { olderThan } from '../../../api/index.ts';
import type { Containers } from '../../../container/index.ts';
import { EngineError } from '../../../kit/index.ts';
import type { Handler } from '../../request.ts';

/** Samples as JSON, one a line; the head goes out with the first. A client that leaves ends it. */
export function statsHandler(containers: Containers): Handler {
  return async ({ name, query, version, reply, gone }) => {
    const stream = query.flag('stream', true);
    const oneShot = !olderThan(version, '1.41') && query.flag('one-shot');
    if (stream && oneShot) throw new EngineError('invalid', 'cannot have stream=true and one-shot=true');
    const samples = await containers.stats(name, { stream, oneShot }, gone);
    if (!stream) {
      for await (const sample of samples) await reply.bytes(200, 'application/json', `${JSON.stringify(sample)}\n`);
      return;
    }
    const sink = await reply.stream(200, { 'Content-Type': 'application/json' });
    for await (const sample of samples) {
      await sink.write(`${JSON.stringify(sample)}\n`);
      if (gone.aborted) return;
    }
    await sink.end();
  };
}
