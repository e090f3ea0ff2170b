import { olderThan } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { Backends } from '../contract.ts';
import { type Handler, sendJson } from '../request.ts';
import type { Route } from '../router.ts';
import { shapeInfo } from '../versions/info.ts';

/** Ping, version, info, and the answers of an engine that is no swarm manager. */
export function systemRoutes({ system }: Backends): Route[] {
  return [
    ['GET', '/_ping', ping],
    ['HEAD', '/_ping', ping],
    ['GET', '/version', (request) => sendJson(request, 200, system.version())],
    ['GET', '/info', async (request) => sendJson(request, 200, shapeInfo(await system.info(), request.version))],
    ['POST', '/swarm/init', noSwarm],
    ['POST', '/swarm/join', noSwarm],
    ...swarmPaths.map(([method, pattern]): Route => [method, pattern, noManager]),
  ];
}

const ping: Handler = async ({ reply, version }) => {
  reply.set({ 'Builder-Version': '1', 'Cache-Control': 'no-cache, no-store, must-revalidate', Pragma: 'no-cache' });
  if (!olderThan(version, '1.25')) reply.set({ Swarm: 'inactive' });
  await reply.bytes(200, 'text/plain; charset=utf-8', 'OK');
};

const swarmPaths: [method: string, pattern: string][] = [
  ['GET', '/swarm'],
  ['GET', '/swarm/unlockkey'],
  ['POST', '/swarm/update'],
  ['POST', '/swarm/leave'],
  ['POST', '/swarm/unlock'],
  ...['nodes', 'services', 'secrets', 'configs'].flatMap((kind): [string, string][] => [
    ['GET', `/${kind}`],
    ['GET', `/${kind}/{name}`],
    ['DELETE', `/${kind}/{name}`],
    ['POST', `/${kind}/{name}/update`],
  ]),
  ['POST', '/services/create'],
  ['POST', '/secrets/create'],
  ['POST', '/configs/create'],
  ['GET', '/tasks'],
  ['GET', '/tasks/{name}'],
];

const noManager: Handler = async () => {
  const advice = 'Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';
  throw new EngineError('unavailable', `This node is not a swarm manager. ${advice}`);
};

const noSwarm: Handler = async () => {
  throw new EngineError('unsupported', 'this engine does not support swarm mode');
};
