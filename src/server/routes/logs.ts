import { olderThan } from '../../api/index.ts';
import type { Containers } from '../../container/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { LogQuery } from '../../logs/index.ts';
import { parseTimestamp, type Query } from '../query.ts';
import type { Handler } from '../request.ts';

/** A container's log. A client that leaves ends it. */
export function logsHandler(containers: Containers): Handler {
  return async (request) => {
    const query = logQuery(request.query);
    const { tty, bytes } = await containers.logs(request.name, query, request.gone);
    const kind = !tty && !olderThan(request.version, '1.42') ? 'multiplexed' : 'raw';
    const sink = await request.reply.stream(200, { 'Content-Type': `application/vnd.docker.${kind}-stream` });
    for await (const piece of bytes) {
      if (request.gone.aborted) return;
      await sink.write(piece);
    }
    await sink.end();
  };
}

function logQuery(query: Query): LogQuery {
  const stdout = query.flag('stdout');
  const stderr = query.flag('stderr');
  if (!stdout && !stderr) throw new EngineError('invalid', 'Bad parameters: you must choose at least one stream');
  const since = parseTimestamp(query.text('since'));
  const until = parseTimestamp(query.text('until'));
  const tail = tailOf(query.text('tail'));
  return {
    stdout,
    stderr,
    follow: query.flag('follow'),
    timestamps: query.flag('timestamps'),
    details: query.flag('details'),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(tail === undefined ? {} : { tail }),
  };
}

/** Whatever is no number of lines is all of them. */
function tailOf(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
