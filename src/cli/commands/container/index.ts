import { type Entry, entry, type Group } from '../entry.ts';

const attach = entry(
  'Attach local standard input, output, and error streams to a running container',
  async () => (await import('./attach.ts')).attach,
);
const create = entry('Create a new container', async () => (await import('./create.ts')).create);
const exec = entry('Execute a command in a running container', async () => (await import('./exec.ts')).exec, {
  common: 2,
});
const kill = entry('Kill one or more running containers', async () => (await import('./life/kill.ts')).kill);
const logs = entry('Fetch the logs of a container', async () => (await import('./view/logs.ts')).logs);
const ps = entry('List containers', async () => (await import('./view/list.ts')).list, { common: 3 });
const restart = entry('Restart one or more containers', async () => (await import('./life/stop.ts')).restart);
const rm = entry('Remove one or more containers', async () => (await import('./life/remove.ts')).remove);
const run = entry('Create and run a new container from an image', async () => (await import('./run.ts')).run, {
  common: 1,
});
const start = entry('Start one or more stopped containers', async () => (await import('./start.ts')).start);
const stop = entry('Stop one or more running containers', async () => (await import('./life/stop.ts')).stop);
const wait = entry(
  'Block until one or more containers stop, then print their exit codes',
  async () => (await import('./life/wait.ts')).wait,
);
const inspect = entry(
  'Display detailed information on one or more containers',
  async () => (await import('../inspect.ts')).inspectContainer,
);

/** The commands of containers that stand alone. */
export const containerWords: Record<string, Entry> = {
  attach,
  create,
  exec,
  kill,
  logs,
  ps,
  restart,
  rm,
  run,
  start,
  stop,
  wait,
};

const { ps: ls, ...others } = containerWords as Record<string, Entry> & { ps: Entry };

export const container: Group = {
  short: 'Manage containers',
  commands: { ...others, inspect, ls },
  synonyms: { list: 'ls', ps: 'ls', remove: 'rm' },
};
