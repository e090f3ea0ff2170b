import { get, type Probe, post } from './probe.ts';

/** Commands in containers. */
export const execs: Probe[] = [
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
