import type { Backends } from '../../contract.ts';
import type { Handler } from '../../request.ts';
import type { Route } from '../../router.ts';

/** The engine's own: all of its data root as one tar. Docker has nothing like it. */
export function backupRoutes(backends: Backends): Route[] {
  return [['POST', '/tug/system/backup', backup(backends)]];
}

function backup({ backup }: Backends): Handler {
  return async ({ query, reply, gone }) => {
    const archive = backup({ pause: query.flag('pause') })[Symbol.asyncIterator]();
    try {
      // What is refused before the first byte becomes the status.
      let next = await archive.next();
      const sink = await reply.stream(200, { 'Content-Type': 'application/x-tar' });
      for (; !next.done; next = await archive.next()) {
        await sink.write(next.value);
        if (gone.aborted) return;
      }
      await sink.end();
    } finally {
      await archive.return?.();
    }
  };
}
