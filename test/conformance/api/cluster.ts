import { filters, get, type Probe, post, remove } from './probe.ts';

const empty = '{}';

/** Everything of a cluster, asked of an engine that is in none. */
export const cluster: Probe[] = [
  ...['swarm', 'swarm/unlockkey', 'nodes', 'services', 'tasks', 'secrets', 'configs'].map((path) => get(`/${path}`)),
  ...['nodes/x', 'services/x', 'tasks/x', 'secrets/x', 'configs/x'].map((path) => get(`/${path}`)),
  ...['nodes/x', 'services/x', 'secrets/x', 'configs/x'].map((path) => remove(`/${path}`)),
  ...['swarm/init', 'swarm/join'].flatMap((path) => [
    post(`/${path}`),
    post(`/${path}`, empty),
    post(`/${path}`, 'x'),
    post(`/${path}`, '{"ListenAddr":5}'),
    post(`/${path}`, '{"ListenAddr":""}', { type: 'text/plain' }),
  ]),
  ...['swarm/leave', 'swarm/unlock'].flatMap((path) => [post(`/${path}`), post(`/${path}`, 'x')]),
  ...['services', 'secrets', 'configs'].flatMap((kind) => [
    post(`/${kind}/create`),
    post(`/${kind}/create`, empty),
    post(`/${kind}/create`, '[]'),
  ]),
  post('/swarm/update', empty),
  post('/swarm/update?version=1', empty),
  ...['nodes', 'services', 'secrets', 'configs'].flatMap((kind) => [
    post(`/${kind}/x/update`, empty),
    post(`/${kind}/x/update?version=y`, empty),
    post(`/${kind}/x/update?version=1`, empty),
  ]),
  get('/services/x/logs'),
  get('/services/x/logs?stdout=1'),
  get('/tasks/x/logs'),
  get('/services?status=x'),
  get('/services/x?insertDefaults=x'),
  get(`/nodes?${filters('x')}`),
  get('/v1.24/secrets'),
];
