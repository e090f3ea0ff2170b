import { createClient } from '../../../client/index.ts';
import { CliError, command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { moveContainer } from './migrate/container.ts';
import type { Move } from './migrate/parts.ts';
import { moveImage } from './migrate/parts.ts';

export const migrate = command({
  usage: '[OPTIONS] [CONTAINER...]',
  short: 'Take over containers, images, networks and volumes from another engine',
  long:
    'Take over containers, images, networks and volumes from another engine, such as Docker. Without arguments all of its containers ' +
    'and tagged images come. Containers come with the files they have changed and those of their volumes; they are not started, and stay ' +
    'where they were. What is here already is left as it is.',
  flags: {
    from: flag.string('The other engine', { initial: 'unix:///var/run/docker.sock' }),
  },
  arity: { atLeast: 0 },
  examples: [
    ['Everything that Docker has', 'system migrate'],
    ['One container with all it needs', 'system migrate --from unix:///var/run/docker.sock web'],
  ],
  async run({ client, out, err }, { flags, args }) {
    const from = createClient({ host: flags.from });
    const move: Move = { from, to: client, say: (line) => out.line(line) };
    let failed = 0;
    const attempt = async (what: string, work: () => Promise<unknown>) => {
      try {
        await work();
      } catch (error) {
        failed++;
        await err.line(`${what}: ${(error as Error).message}`);
      }
    };
    const everything = args.length === 0;
    for (const { Id, RepoTags } of everything ? await taggedImages(move) : []) {
      for (const tag of RepoTags) await attempt(`image ${tag}`, () => moveImage(move, tag, Id));
    }
    const names = everything ? await containerNames(move) : args;
    for (const name of names) await attempt(`container ${name}`, () => moveContainer(move, name));
    from.close();
    if (failed > 0) throw new CliError(`${failed} could not be taken over`);
    return 0;
  },
});

async function taggedImages({ from }: Move): Promise<{ Id: string; RepoTags: string[] }[]> {
  const all = await from.json<{ Id: string; RepoTags: string[] | null }[]>({ method: 'GET', path: '/images/json' });
  return all.flatMap(({ Id, RepoTags }) => (RepoTags?.length ? [{ Id, RepoTags }] : []));
}

async function containerNames({ from }: Move): Promise<string[]> {
  const query = { all: 1 };
  const all = await from.json<{ Names: string[] }[]>({ method: 'GET', path: '/containers/json', query });
  return all.map(({ Names: [name = ''] }) => name.replace(/^\//, ''));
}
