import { type Entry, entry, type Group } from '../entry.ts';

const attach = entry(
  'Attach local standard input, output, and error streams to a running container',
  async () => (await import('./attach.ts')).attach,
);
const cp = entry(
  'Copy files/folders between a container and the local filesystem',
  async () => (await import('./files/cp.ts')).cp,
);
const create = entry('Create a new container', async () => (await import('./create.ts')).create);
const exec = entry('Execute a command in a running container', async () => (await import('./exec.ts')).exec, {
  common: 2,
});
const commit = entry(
  "Create a new image from a container's changes",
  async () => (await import('./files/commit.ts')).commit,
);
const diff = entry(
  "Inspect changes to files or directories on a container's filesystem",
  async () => (await import('./files/diff.ts')).diff,
);
const exportContainer = entry(
  "Export a container's filesystem as a tar archive",
  async () => (await import('./files/export.ts')).exportContainer,
);
const kill = entry('Kill one or more running containers', async () => (await import('./life/kill.ts')).kill);
const logs = entry('Fetch the logs of a container', async () => (await import('./view/logs.ts')).logs);
const pause = entry(
  'Pause all processes within one or more containers',
  async () => (await import('./life/pause.ts')).pause,
);
const port = entry(
  'List port mappings or a specific mapping for the container',
  async () => (await import('./view/port.ts')).port,
);
const prune = entry('Remove all stopped containers', async () => (await import('./life/prune.ts')).prune);
const ps = entry('List containers', async () => (await import('./view/list.ts')).list, { common: 3 });
const rename = entry('Rename a container', async () => (await import('./life/rename.ts')).rename);
const restart = entry('Restart one or more containers', async () => (await import('./life/stop.ts')).restart);
const rm = entry('Remove one or more containers', async () => (await import('./life/remove.ts')).remove);
const run = entry('Create and run a new container from an image', async () => (await import('./run.ts')).run, {
  common: 1,
});
const start = entry('Start one or more stopped containers', async () => (await import('./start.ts')).start);
const stats = entry(
  'Display a live stream of container(s) resource usage statistics',
  async () => (await import('./view/stats/stats.ts')).stats,
);
const stop = entry('Stop one or more running containers', async () => (await import('./life/stop.ts')).stop);
const top = entry('Display the running processes of a container', async () => (await import('./view/top.ts')).top);
const unpause = entry(
  'Unpause all processes within one or more containers',
  async () => (await import('./life/pause.ts')).unpause,
);
const update = entry(
  'Update configuration of one or more containers',
  async () => (await import('./life/update.ts')).update,
);
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
  commit,
  cp,
  create,
  diff,
  exec,
  export: exportContainer,
  kill,
  logs,
  pause,
  port,
  ps,
  rename,
  restart,
  rm,
  run,
  start,
  stats,
  stop,
  top,
  unpause,
  update,
  wait,
};

const { ps: ls, ...others } = containerWords as Record<string, Entry> & { ps: Entry };

export const container: Group = {
  short: 'Manage containers',
  commands: { ...others, inspect, ls, prune },
  synonyms: { list: 'ls', ps: 'ls', remove: 'rm' },
};
