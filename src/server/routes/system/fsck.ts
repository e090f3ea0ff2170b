import type { Backends } from '../../contract.ts';
import { type Handler, sendJson } from '../../request.ts';
import type { Route } from '../../router.ts';

/** The engine's own: a look at all its data, line by line, of which the last counts; and one at the host. Docker has nothing like it. */
export function fsckRoutes(backends: Backends): Route[] {
  return [
    ['POST', '/tug/system/fsck', fsck(backends)],
    ['GET', '/tug/system/doctor', async (request) => sendJson(request, 200, await backends.doctor())],
  ];
}

function fsck({ fsck }: Backends): Handler {
  return async ({ query, reply }) => {
    const sink = await reply.stream(200, { 'Content-Type': 'application/json' });
    let found = 0;
    let repaired = 0;
    for await (const finding of fsck({ repair: query.flag('repair'), full: query.flag('full') })) {
      found++;
      if (finding.repaired !== undefined) repaired++;
      await sink.write(Buffer.from(`${JSON.stringify(finding)}\n`));
    }
    await sink.write(Buffer.from(`${JSON.stringify({ found, repaired, left: found - repaired })}\n`));
    await sink.end();
  };
}
