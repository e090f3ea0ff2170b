import type { Volume } from '../../../api/index.ts';
import { CliError, command } from '../../command.ts';
import { errorText } from '../../error-text.ts';
import { flag } from '../../flags/index.ts';

export const remove = command({
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  short: 'Remove one or more volumes',
  long: 'Remove one or more volumes. You cannot remove a volume that is in use by a container.',
  aliases: ['volume rm', 'volume remove'],
  flags: { force: flag.bool('Force the removal of one or more volumes', { short: 'f' }) },
  arity: { atLeast: 1 },
  async run({ client, out }, { flags, args }) {
    const failures: string[] = [];
    for (const name of args) {
      const path = `/volumes/${encodeURIComponent(name)}`;
      try {
        await client.send({ method: 'DELETE', path, query: { force: flags.force } });
        await out.line(name);
      } catch (error) {
        failures.push(errorText(error));
      }
    }
    await out.flush();
    if (failures.length > 0) throw new CliError(failures.join('\n'));
    return 0;
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
    const path = `/volumes/${encodeURIComponent(args[0] ?? '')}`;
    const { ClusterVolume: cluster } = await client.json<Volume>({ method: 'GET', path });
    if (!cluster) throw new Error('can only update cluster volumes');
    const Spec = given.has('availability') ? { ...cluster.Spec, Availability: flags.availability } : cluster.Spec;
    await client.send({
      method: 'PUT',
      path: `/volumes/${encodeURIComponent(cluster.ID ?? '')}`,
      query: { version: cluster.Version?.Index },
      body: { Spec },
    });
    return 0;
  },
});
