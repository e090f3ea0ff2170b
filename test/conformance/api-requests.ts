/** A request that is sent to Docker and to us, and what of the two answers may differ. */
export interface Probe {
  method: string;
  /** `{run}` is a running container, `{made}` one that never ran, `{tty}` one with a terminal, `{image}` their image. */
  path: string;
  body?: string;
  type?: string;
  /** Compare the status only: the words name something of each engine's own. */
  statusOnly?: string;
  /** Members of the answer that one side alone has, and why that is right. */
  ownMembers?: string[];
}

const get = (path: string, more: Partial<Probe> = {}): Probe => ({ method: 'GET', path, ...more });
const post = (path: string, body?: string, more: Partial<Probe> = {}): Probe => ({
  method: 'POST',
  path,
  ...(body === undefined ? {} : { body }),
  ...more,
});
const remove = (path: string, more: Partial<Probe> = {}): Probe => ({ method: 'DELETE', path, ...more });
const filters = (value: unknown) =>
  `filters=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`;

const negotiation: Probe[] = [
  get('/_ping'),
  { method: 'HEAD', path: '/_ping' },
  post('/_ping'),
  get('/v1.24/_ping'),
  get('/v1.99/_ping'),
  get('/v1.99/info'),
  get('/v1.12/version'),
  get('/v1/info'),
  get('/v1.51.2/info'),
  get('/nosuch'),
  get('/v1.51/'),
  get('/v1.51/info/'),
  { method: 'PUT', path: '/containers/json' },
  { method: 'OPTIONS', path: '/info' },
  get('/version'),
  get('/info', {
    // Members that Docker leaves out when empty, or that we have nothing to say under.
    ownMembers: ['Containerd', 'ProductLicense', 'DefaultAddressPools', 'Authorization'],
  }),
];

const cluster = ['swarm', 'nodes', 'nodes/x', 'services', 'services/x', 'tasks', 'secrets', 'configs'].map((path) =>
  get(`/${path}`),
);

const bodies: Probe[] = [
  post('/containers/create', '{"Image":"{image}","Tty":"yes"}'),
  post('/containers/create', '{"Image":1}'),
  post('/containers/create', '{"Image":"x","Env":[1]}'),
  post('/containers/create', '{"Image":"x","HostConfig":{"Memory":1.5}}'),
  post('/containers/create', '{"Image":"x","HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":80}]}}}'),
  post('/containers/create', '{"Image":"x","Cmd":5}'),
  post('/containers/create', '[]'),
  post('/containers/create', 'null'),
  post('/containers/create', '{}'),
  post('/containers/create', '{"HostConfig":{}}'),
  post('/containers/create', 'x'),
  post('/containers/create', '{"Image":"x",}'),
  post('/containers/create', '{"Image":"x"'),
  post('/containers/create', '{"Image":"x"}{}'),
  post('/containers/create', ' '),
  post('/containers/create'),
  post('/containers/create', '{}', { type: 'text/plain' }),
  post('/containers/create', '{}', { type: ';;;' }),
  post('/containers/create', '{}', { type: 'a b' }),
  post('/containers/create', '{}', { type: 'application/' }),
  post('/containers/create', '{}', { type: 'application/json; x' }),
  post('/containers/create', '{}', { type: 'APPLICATION/JSON; charset=utf-8' }),
];

const creations: Probe[] = [
  post('/containers/create', '{"iMAGE":"api-nosuch"}'),
  post('/containers/create', '{"Image":"UPPER","Cmd":["a"]}'),
  post('/containers/create', '{"Image":"{image}"}'),
  post('/containers/create?name=a*b', '{"Image":"{image}","Cmd":["a"]}'),
  post('/containers/create?name={run}', '{"Image":"{image}","Cmd":["a"]}'),
  post('/containers/create?platform=foo/bar/baz/q', '{"Image":"{image}","Cmd":["a"]}'),
  post('/containers/create?platform=linux/arm64', '{"Image":"{image}","Cmd":["a"]}'),
  post('/containers/create', '{"Image":"{image}","Cmd":["a"],"HostConfig":{"Memory":1024}}'),
  post('/containers/create', '{"Image":"{image}","Cmd":["a"],"HostConfig":{"NetworkMode":"container:api-nosuch"}}'),
  post('/containers/create', '{"Image":"{image}","Cmd":["a"],"HostConfig":{"Binds":["relative:relative"]}}'),
  post('/containers/create', '{"Image":"{image}","Cmd":["a"],"HostConfig":{"Binds":["/a"]}}'),
  post('/containers/create', '{"Image":"{image}","Cmd":["a"],"HostConfig":{"RestartPolicy":{"Name":"sometimes"}}}'),
  post('/containers/create', '{"Image":"{image}","Cmd":["a"],"HostConfig":{"CapAdd":["NONSENSE"]}}'),
  post(
    '/containers/create',
    '{"Image":"{image}","Cmd":["a"],"HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":"x"}]}}}',
  ),
  post('/containers/create', '{"Image":"{image}","Cmd":["a"],"WorkingDir":"relative"}'),
  post('/containers/create', '{"Image":"{image}","Cmd":["a"],"StopSignal":"FOO"}'),
  post('/containers/create', '{"Image":"{image}","Cmd":["a"],"Env":["=x"]}'),
];

const containers: Probe[] = [
  get('/containers/json?limit=x'),
  get('/containers/json?limit=1.5'),
  get(`/containers/json?${filters('x')}`),
  get(`/containers/json?${filters({ nosuch: ['a'] })}`),
  get(`/containers/json?${filters({ status: ['foo'] })}`),
  get(`/containers/json?${filters({ exited: ['x'] })}`),
  get(`/containers/json?${filters({ name: 'x' })}`),
  get(`/containers/json?${filters({ name: ['^/{run}$'] })}`),
  get(`/containers/json?all=1&${filters({ name: { '{made}': true } })}`),
  get(`/containers/json?${filters({ id: ['nosuch'] })}`),
  get('/containers/{run}/json'),
  get('/containers/{made}/json?size=1'),
  get('/containers/api-nosuch/json'),
  post('/containers/api-nosuch/start'),
  post('/containers/{run}/start'),
  post('/containers/{run}/start', '{"Binds":[]}'),
  post('/containers/{run}/start?checkpoint=x'),
  post('/containers/api-nosuch/stop'),
  post('/containers/{made}/stop'),
  post('/containers/{run}/stop?t=x'),
  post('/containers/{run}/restart?t=x'),
  post('/containers/{run}/kill?signal=FOO'),
  post('/containers/{run}/kill?signal=0'),
  post('/containers/{made}/kill'),
  post('/containers/api-nosuch/kill'),
  post('/containers/{run}/resize?h=x&w=2'),
  post('/containers/{run}/resize?h=1&w=y'),
  post('/containers/{run}/resize'),
  post('/containers/{run}/resize?h=99999999999&w=1'),
  post('/containers/{made}/resize?h=1&w=1'),
  post('/containers/api-nosuch/resize?h=1&w=1'),
  post('/containers/api-nosuch/wait'),
  post('/containers/{run}/wait?condition=foo'),
  remove('/containers/{run}'),
  remove('/containers/api-nosuch'),
  remove('/containers/api-nosuch?force=1'),
  remove('/containers/{run}?link=1'),
];

const logs: Probe[] = [
  get('/containers/{run}/logs'),
  get('/containers/api-nosuch/logs'),
  get('/containers/{run}/logs?stdout=1'),
  get('/containers/{tty}/logs?stdout=1'),
  get('/v1.41/containers/{run}/logs?stdout=1'),
  get('/containers/api-nosuch/logs?stdout=1'),
  get('/containers/{run}/logs?stdout=1&since=abc'),
  get('/containers/{run}/logs?stdout=1&since=1.5.5'),
  get('/containers/{run}/logs?stdout=1&until=xyz'),
  get('/containers/{run}/logs?stdout=1&tail=abc'),
];

const execs: Probe[] = [
  post('/containers/{run}/exec', '{}'),
  post('/containers/{run}/exec', ''),
  post('/containers/{run}/exec', '5'),
  post('/containers/{run}/exec', '{"Cmd":"a"}'),
  post('/containers/{run}/exec', '{"Cmd":[5]}'),
  post('/containers/{run}/exec', '{"ConsoleSize":"a"}'),
  post('/containers/{run}/exec', '{"Cmd":["a"],"DetachKeys":"foo"}'),
  post('/containers/{made}/exec', '{"Cmd":["a"]}'),
  post('/containers/api-nosuch/exec', '{"Cmd":["a"]}'),
  post('/exec/nosuch/start', '{}'),
  post('/exec/nosuch/start', '{"Tty":"x"}'),
  post('/exec/nosuch/resize?h=1&w=1'),
  post('/exec/nosuch/resize?h=a&w=1'),
  get('/exec/nosuch/json'),
];

const arm = `platform=${encodeURIComponent('{"os":"linux","architecture":"arm64"}')}`;

const images: Probe[] = [
  get(`/images/{image}/json?${arm}`),
  get(`/v1.48/images/{image}/json?${arm}`),
  get(`/images/{image}/json?manifests=1&${arm}`),
  get('/images/{image}/json?platform=x'),
  get('/images/{image}/json?platform={}'),
  get(`/images/{image}/history?${arm}`),
  remove(`/images/{image}?${arm.replace('platform', 'platforms')}`),
  get(`/images/json?${filters({ foo: ['a'] })}`),
  get(`/images/json?${filters('x')}`),
  get(`/images/json?${filters({ reference: ['{image}'] })}`),
  get('/images/{image}/json'),
  get('/images/{image}/history'),
  get('/images/api-nosuch/json'),
  get('/images/api-nosuch/history'),
  remove('/images/api-nosuch'),
  post('/images/api-nosuch/tag?repo=a&tag=b'),
  post('/images/{image}/tag?repo=UPPER'),
  post('/images/{image}/tag?repo=a&tag=!!'),
  post('/images/load', 'foo', { type: 'application/x-tar' }),
  post('/images/create?fromSrc=-&repo=UPPER', 'foo', { type: 'application/x-tar' }),
];

const rest: Probe[] = [
  get(`/volumes?${filters({ a: ['b'] })}`),
  get(`/volumes?${filters({ dangling: ['x'] })}`),
  get('/volumes/api-nosuch'),
  remove('/volumes/api-nosuch'),
  remove('/volumes/api-nosuch?force=1'),
  post('/volumes/create', '{"Name":5}'),
  post('/volumes/create', '{"Name":"a/b"}'),
  post('/volumes/create', '{"Labels":{"a":5}}'),
  get(`/networks?${filters({ a: ['b'] })}`),
  get(`/networks?${filters({ dangling: ['x'] })}`),
  get(`/networks?${filters({ type: ['x'] })}`),
  get('/networks/bridge'),
  get('/networks/api-nosuch'),
  get('/networks/bridge?verbose=x'),
  get('/networks/bridge?scope=foo'),
  get('/events?since=x'),
  get('/events?since=5&until=1'),
  get(`/events?${filters('x')}`),
  get('/events?until=1'),
];

export const probes: Probe[] = [
  ...negotiation,
  ...cluster,
  ...bodies,
  ...creations,
  ...containers,
  ...logs,
  ...execs,
  ...images,
  ...rest,
];
