import { decodeSwarm } from '../../../api/decode/index.ts';
import { EngineError } from '../../../kit/index.ts';
import { type Handler, type Request, readJsonBody } from '../../request.ts';
import type { Route } from '../../router.ts';

/**
 * The cluster's endpoints, as an engine answers that is no swarm manager: what is wrong with a request is said first, as by
 * Docker, then that there is no swarm.
 */
export function clusterRoutes(): Route[] {
  return [
    ['POST', '/swarm/init', answer(body('InitRequest'), listenAddress, noSwarm)],
    ['POST', '/swarm/join', answer(body('JoinRequest'), listenAddress, noSwarm)],
    ['POST', '/swarm/leave', answer(notInSwarm)],
    ['POST', '/swarm/update', answer(body('Spec'), version('swarm'))],
    ['POST', '/swarm/unlock', answer(body('UnlockRequest'))],
    ['GET', '/swarm/unlockkey', answer()],
    ['GET', '/swarm', answer()],
    ['GET', '/services', answer(filters, truth('status'))],
    ['GET', '/services/{name}/logs', answer(streams)],
    ['GET', '/services/{name}', answer(truth('insertDefaults'))],
    ['GET', '/tasks/{name}/logs', answer(streams)],
    ['GET', '/tasks', answer(filters)],
    ['GET', '/tasks/{name}', answer()],
    ...['nodes', 'secrets', 'configs'].flatMap((kind): Route[] => [
      ['GET', `/${kind}`, answer(filters)],
      ['GET', `/${kind}/{name}`, answer()],
    ]),
    ...['Service', 'Secret', 'Config'].map(
      (kind): Route => ['POST', `/${kind.toLowerCase()}s/create`, answer(body(`${kind}Spec`))],
    ),
    ...['Node', 'Service', 'Secret', 'Config'].flatMap((kind): Route[] => [
      ['POST', `/${kind.toLowerCase()}s/{name}/update`, answer(body(`${kind}Spec`), version(kind.toLowerCase()))],
      ['DELETE', `/${kind.toLowerCase()}s/{name}`, answer()],
    ]),
  ];
}

/** What was sent, as far as it is looked at. */
interface Sent {
  ListenAddr?: string;
}

/** Refuses a request for its own fault; otherwise lets it pass. What it returns is what was sent. */
type Check = (request: Request, sent: Sent) => Sent | Promise<Sent> | undefined;

function answer(...checks: Check[]): Handler {
  return async (request) => {
    let sent: Sent = {};
    for (const check of checks) sent = (await check(request, sent)) ?? sent;
    const advice = 'Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';
    throw new EngineError('unavailable', `This node is not a swarm manager. ${advice}`);
  };
}

function body(type: string): Check {
  return async (request) => decodeSwarm(await readJsonBody(request), type);
}

function listenAddress(_: Request, { ListenAddr = '' }: Sent): undefined {
  if (ListenAddr === '') throw new EngineError('invalid', 'invalid ListenAddr "": invalid empty address');
}

function noSwarm(): never {
  throw new EngineError('unsupported', 'this engine does not support swarm mode');
}

function notInSwarm(): never {
  throw new EngineError('unavailable', 'This node is not part of a swarm');
}

function version(kind: string): Check {
  return ({ query }) => {
    const text = query.text('version');
    if (/^\d+$/.test(text) && BigInt(text) < 2n ** 64n) return undefined;
    if (kind === 'secret' || kind === 'config') throw new EngineError('invalid', `invalid ${kind} version`);
    const problem = /^\d+$/.test(text) ? 'value out of range' : 'invalid syntax';
    const words = `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${problem}`;
    throw new EngineError('invalid', `invalid ${kind} version '${text}': ${words}`);
  };
}

function filters({ query }: Request): undefined {
  query.filters();
}

function truth(name: string): Check {
  return ({ query }) => {
    query.bool(name);
    return undefined;
  };
}

function streams({ query }: Request): undefined {
  if (query.flag('stdout') || query.flag('stderr')) return;
  throw new EngineError('internal', 'Bad parameters: you must choose at least one stream');
}
