import type { Backends } from '../../contract.ts';
import { type Handler, sendJson } from '../../request.ts';
import type { Route } from '../../router.ts';
import { shapeInfo } from '../../versions/info.ts';
import { authRoutes } from './auth.ts';
import { backupRoutes } from './backup.ts';
import { clusterRoutes } from './cluster.ts';
import { diskUsageRoutes } from './disk-usage.ts';
import { fsckRoutes } from './fsck.ts';
import { pluginRoutes } from './plugins.ts';
import { sessionRoutes } from './session.ts';

/** What concerns the engine as a whole: ping, version, info, disk usage, logins, and the cluster and plugins it has not. */
export function systemRoutes(backends: Backends): Route[] {
  const { system } = backends;
  return [
    ['GET', '/_ping', ping],
    ['HEAD', '/_ping', ping],
    ['GET', '/version', (request) => sendJson(request, 200, system.version())],
    ['GET', '/info', async (request) => sendJson(request, 200, shapeInfo(await system.info(), request.version))],
    ...diskUsageRoutes(backends),
    ...fsckRoutes(backends),
    ...backupRoutes(backends),
    ...authRoutes(backends),
    ...pluginRoutes(),
    ...clusterRoutes(),
    ...sessionRoutes(),
  ];
}

const ping: Handler = async ({ reply }) => {
  reply.set({ 'Builder-Version': '1', 'Cache-Control': 'no-cache, no-store, must-revalidate', Pragma: 'no-cache' });
  reply.set({ Swarm: 'inactive' });
  await reply.bytes(200, 'text/plain; charset=utf-8', 'OK');
};
