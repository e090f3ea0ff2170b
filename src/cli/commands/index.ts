import type { Command } from '../command.ts';

/** A command by its line in the help, loaded when it runs. */
export interface Entry {
  short: string;
  load(): Promise<Command>;
}

const entry = (short: string, load: Entry['load']): Entry => ({ short, load });

const attach = entry(
  'Attach local standard input, output, and error streams to a running container',
  async () => (await import('./container/attach.ts')).attach,
);
const create = entry('Create a new container', async () => (await import('./container/create.ts')).create);
const exec = entry('Execute a command in a running container', async () => (await import('./container/exec.ts')).exec);
const inspect = entry('Return low-level information on objects', async () => (await import('./inspect.ts')).inspect);
const kill = entry('Kill one or more running containers', async () => (await import('./container/kill.ts')).kill);
const logs = entry('Fetch the logs of a container', async () => (await import('./container/logs.ts')).logs);
const ps = entry('List containers', async () => (await import('./container/list.ts')).list);
const restart = entry('Restart one or more containers', async () => (await import('./container/stop.ts')).restart);
const rm = entry('Remove one or more containers', async () => (await import('./container/remove.ts')).remove);
const run = entry('Create and run a new container from an image', async () => (await import('./container/run.ts')).run);
const start = entry('Start one or more stopped containers', async () => (await import('./container/start.ts')).start);
const stop = entry('Stop one or more running containers', async () => (await import('./container/stop.ts')).stop);
const wait = entry(
  'Block until one or more containers stop, then print their exit codes',
  async () => (await import('./container/wait.ts')).wait,
);
const images = entry('List images', async () => (await import('./image/list.ts')).list);
const history = entry('Show the history of an image', async () => (await import('./image/history.ts')).history);
const importImage = entry(
  'Import the contents from a tarball to create a filesystem image',
  async () => (await import('./image/import.ts')).importImage,
);
const load = entry('Load an image from a tar archive or STDIN', async () => (await import('./image/load.ts')).load);
const rmi = entry('Remove one or more images', async () => (await import('./image/remove.ts')).remove);
const tag = entry(
  'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE',
  async () => (await import('./image/tag.ts')).tag,
);
const info = entry('Display system-wide information', async () => (await import('./system/info.ts')).info);
const version = entry('Show the version information', async () => (await import('./system/version.ts')).version);

const inspectContainer = entry(
  'Display detailed information on one or more containers',
  async () => (await import('./inspect.ts')).inspectContainer,
);
const inspectImage = entry(
  'Display detailed information on one or more images',
  async () => (await import('./inspect.ts')).inspectImage,
);

/** Commands that stand alone. */
export const topLevel: Record<string, Entry> = {
  attach,
  create,
  exec,
  history,
  images,
  import: importImage,
  info,
  inspect,
  kill,
  load,
  logs,
  ps,
  restart,
  rm,
  rmi,
  run,
  start,
  stop,
  tag,
  version,
  wait,
};

/** Commands under a noun, with the other names they go by. */
export const groups: Record<
  string,
  { short: string; commands: Record<string, Entry>; synonyms: Record<string, string> }
> = {
  container: {
    short: 'Manage containers',
    commands: {
      attach,
      create,
      exec,
      inspect: inspectContainer,
      kill,
      logs,
      ls: ps,
      restart,
      rm,
      run,
      start,
      stop,
      wait,
    },
    synonyms: { list: 'ls', ps: 'ls', remove: 'rm' },
  },
  image: {
    short: 'Manage images',
    commands: { history, import: importImage, inspect: inspectImage, load, ls: images, rm: rmi, tag },
    synonyms: { list: 'ls', remove: 'rm' },
  },
  network: {
    short: 'Manage networks',
    commands: {
      inspect: entry(
        'Display detailed information on one or more networks',
        async () => (await import('./inspect.ts')).inspectNetwork,
      ),
      ls: entry('List networks', async () => (await import('./network.ts')).list),
    },
    synonyms: { list: 'ls' },
  },
  system: {
    short: 'Manage the engine',
    commands: { info },
    synonyms: {},
  },
  volume: {
    short: 'Manage volumes',
    commands: {
      create: entry('Create a volume', async () => (await import('./volume.ts')).create),
      inspect: entry(
        'Display detailed information on one or more volumes',
        async () => (await import('./inspect.ts')).inspectVolume,
      ),
      ls: entry('List volumes', async () => (await import('./volume.ts')).list),
      rm: entry('Remove one or more volumes', async () => (await import('./volume.ts')).remove),
    },
    synonyms: { list: 'ls', remove: 'rm' },
  },
};

/** What a command line names: a command with its own words left, a group, or a word that nobody knows. */
export type Found =
  | { kind: 'command'; command: Command; path: string[]; args: string[] }
  | { kind: 'group'; path: string[] }
  | { kind: 'unknown'; path: string[]; word: string };

/** Finds the command that the words begin with; loads no other. */
export async function findCommand(words: string[]): Promise<Found> {
  const [first, second, ...rest] = words;
  if (first === undefined) return { kind: 'group', path: [] };
  const single = Object.hasOwn(topLevel, first) ? topLevel[first] : undefined;
  if (single) return { kind: 'command', command: await single.load(), path: [first], args: words.slice(1) };
  const group = Object.hasOwn(groups, first) ? groups[first] : undefined;
  if (!group) return { kind: 'unknown', path: [], word: first };
  if (second === undefined || second === '--help') return { kind: 'group', path: [first] };
  const name = Object.hasOwn(group.synonyms, second) ? (group.synonyms[second] ?? second) : second;
  const member = Object.hasOwn(group.commands, name) ? group.commands[name] : undefined;
  if (!member) return { kind: 'unknown', path: [first], word: second };
  return { kind: 'command', command: await member.load(), path: [first, second], args: rest };
}
