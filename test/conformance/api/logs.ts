import { get, type Probe } from './probe.ts';

/** What containers printed. */
export const logs: Probe[] = [
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
