import { type Probe, post } from './probe.ts';

/** Bodies of a creation that are wrong. */
export const bodies: Probe[] = [
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
