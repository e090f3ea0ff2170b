import type { Volume } from '../../../api/index.ts';
import { command } from '../../command.ts';
import { checkLabel, collectLabels } from '../../create/values/env.ts';
import { bytes, map } from '../../create/values/values.ts';
import { flag } from '../../flags/index.ts';
import { clusterSpec } from './cluster.ts';

const clusterFlags = {
  availability: flag.string('Cluster Volume availability ("active", "pause", "drain")', {
    initial: 'active',
    hidden: true,
  }),
  group: flag.string('Cluster Volume group (cluster volumes)', { hidden: true }),
  'limit-bytes': { ...bytes('Minimum size of the Cluster Volume in bytes'), hidden: true },
  'required-bytes': { ...bytes('Maximum size of the Cluster Volume in bytes'), hidden: true },
  scope: flag.string('Cluster Volume access scope ("single", "multi")', { initial: 'single', hidden: true }),
  secret: { ...map('Cluster Volume secrets'), hidden: true },
  sharing: flag.string('Cluster Volume access sharing ("none", "readonly", "onewriter", "all")', {
    initial: 'none',
    hidden: true,
  }),
  'topology-preferred': flag.list('A topology that the Cluster Volume would be preferred in', { hidden: true }),
  'topology-required': flag.list('A topology that the Cluster Volume must be accessible from', { hidden: true }),
  type: flag.string('Cluster Volume access type ("mount", "block")', { initial: 'block', hidden: true }),
};

export const create = command({
  usage: '[OPTIONS] [VOLUME]',
  short: 'Create a volume',
  flags: {
    ...clusterFlags,
    driver: flag.string('Specify volume driver name', { short: 'd', initial: 'local' }),
    label: flag.list('Set metadata for a volume', {}, checkLabel),
    name: flag.string('Specify volume name', { hidden: true }),
    opt: { ...map('Set driver specific options'), short: 'o' },
  },
  arity: { atMost: 1 },
  examples: [['A volume in memory', 'volume create --opt type=tmpfs --opt device=tmpfs --opt o=size=100m scratch']],
  async run({ client, out }, { flags, given, args }) {
    if (flags.name && args[0] !== undefined) {
      throw new Error('conflicting options: cannot specify a volume-name through both --name and as a positional arg');
    }
    const isCluster = Object.keys(clusterFlags).some((name) => given.has(name));
    const volume = await client.json<Volume>({
      method: 'POST',
      path: '/volumes/create',
      body: {
        Name: args[0] ?? flags.name,
        Driver: flags.driver,
        DriverOpts: flags.opt,
        Labels: collectLabels([], flags.label),
        ...(isCluster ? { ClusterVolumeSpec: clusterSpec(flags) } : {}),
      },
    });
    await out.line(volume.Name);
    return 0;
  },
});
