import {
  decodeNetworkConnect,
  decodeNetworkCreate,
  decodeNetworkDisconnect,
  decodePortsChange,
} from '../../api/decode/index.ts';
import { olderThan } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { NetworkCreateBody } from '../../network/index.ts';
import type { Backends } from '../contract.ts';
import { type Handler, readJsonBody, sendJson } from '../request.ts';
import type { Route } from '../router.ts';

/** Networks, and who is on them. */
export function networkRoutes(backends: Backends): Route[] {
  return [...readingRoutes(backends), ...changingRoutes(backends)];
}

function readingRoutes({ networks }: Backends): Route[] {
  const list: Handler = (request) => {
    const found = networks.list(request.query.filters());
    // Before 1.28 the list said as much of each network, its containers too, as the inspection does.
    const whole = olderThan(request.version, '1.28');
    return sendJson(request, 200, whole ? found.map(({ Id = '' }) => networks.inspect(Id)) : found);
  };
  return [
    ['GET', '/networks', list],
    ['GET', '/networks/', list],
    [
      'GET',
      '/networks/{name}',
      async (request) => {
        // Nothing more is told, but what is no truth is refused.
        request.query.bool('verbose');
        const network = networks.inspect(request.name);
        const scope = request.query.text('scope');
        if (scope !== '' && scope !== network.Scope)
          throw new EngineError('notFound', `network ${request.name} not found`);
        await sendJson(request, 200, network);
      },
    ],
  ];
}

function changingRoutes({ networks, containers }: Backends): Route[] {
  const create: Handler = async (request) => {
    const body = decodeNetworkCreate(await readJsonBody(request)) as NetworkCreateBody;
    if (olderThan(request.version, '1.48')) delete body.EnableIPv4;
    await sendJson(request, 201, await networks.create(body));
  };
  const connect: Handler = async (request) => {
    const { Container = '', EndpointConfig = {} } = decodeNetworkConnect(await readJsonBody(request));
    await containers.connect(named(Container), request.name, EndpointConfig);
    await request.reply.empty(200);
  };
  const disconnect: Handler = async (request) => {
    const { Container = '', Force: force = false } = decodeNetworkDisconnect(await readJsonBody(request));
    await containers.disconnect(named(Container), request.name, { force });
    await request.reply.empty(200);
  };
  const prune: Handler = async (request) => {
    await sendJson(request, 200, await networks.prune(request.query.filters()));
  };
  const remove: Handler = async (request) => {
    await networks.remove(request.name);
    await request.reply.empty(204);
  };
  const changePorts: Handler = async (request) => {
    const { Publish: add = {}, Unpublish: remove = {} } = decodePortsChange(await readJsonBody(request));
    await sendJson(request, 200, await containers.changePorts(request.name, { add, remove }));
  };
  return [
    // Docker has no such things: the paths are the engine's own.
    ['POST', '/tug/containers/{name}/ports', changePorts],
    [
      'GET',
      '/tug/networks/doctor',
      async (request) => {
        const { reachable, steps } = containers.diagnose(request.query.text('from'), request.query.text('to'));
        const Steps = steps.map(({ ok: Ok, text: Text }) => ({ Ok, Text }));
        await sendJson(request, 200, { Reachable: reachable, Steps });
      },
    ],
    ['POST', '/networks/create', create],
    ['POST', '/networks/prune', prune],
    ['POST', '/networks/{name}/connect', connect],
    ['POST', '/networks/{name}/disconnect', disconnect],
    ['DELETE', '/networks/{name}', remove],
  ];
}

function named(container: string): string {
  if (container === '') throw new EngineError('invalid', 'invalid name or ID supplied: ""');
  return container;
}
