import type { Volume } from '../../../api/index.ts';
import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { forEachName } from '../each.ts';

const pathOf = (name = '') => `/volumes/${encodeURIComponent(name)}`;

export const remove = command({
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  short: 'Remove one or more volumes',
  long: 'Remove one or more volumes. You cannot remove a volume that is in use by a container.',
  aliases: ['volume rm', 'volume remove'],
  flags: { force: flag.bool('Force the removal of one or more volumes', { short: 'f' }) },
  arity: { atLeast: 1 },
  async run(context, { flags, args }) {
    return forEachName(context, args, async (name) => {
      await context.client.send({ method: 'DELETE', path: pathOf(name), query: { force: flags.force } });
      return name;
    });
  },
});

export const update = command({
  usage: '[OPTIONS] [VOLUME]',
  short: 'Update a volume (cluster volumes only)',
  flags: {
    availability: flag.string('Cluster Volume availability ("active", "pause", "drain")', {
      initial: 'active',
      hidden: true,
    }),
  },
  arity: { exactly: 1 },
  async run({ client }, { flags, given, args }) {
    const { ClusterVolume: cluster } = await client.json<Volume>({ method: 'GET', path: pathOf(args[0]) });
    if (!cluster) throw new Error('can only update cluster volumes');
    const Spec = given.has('availability') ? { ...cluster.Spec, Availability: flags.availability } : cluster.Spec;
    await client.send({
      method: 'PUT',
      path: pathOf(cluster.ID),
      query: { version: cluster.Version?.Index },
      body: { Spec },
    });
    return 0;
  },
});
