import { parsePlatform } from '../../oci/index.ts';
import { command } from '../command.ts';
import { flag } from '../flags/index.ts';
import { inspectFormatUsage } from './filters.ts';
import { containersAhead } from './show/containers-ahead.ts';
import { inspectAll } from './show/inspect-all.ts';
import type { Kind } from './show/kind.ts';
import { fetchAny, fetchOne, kinds } from './show/kinds.ts';

const typeNames = kinds
  .toSorted()
  .map((kind) => `"${kind}"`)
  .join(', ');

const formatFlag = flag.string(inspectFormatUsage, { short: 'f' });

export const inspect = command({
  usage: '[OPTIONS] NAME|ID [NAME|ID...]',
  short: 'Return low-level information on Docker objects',
  flags: {
    format: formatFlag,
    size: flag.bool('Display total file sizes if the type is container', { short: 's' }),
    type: flag.string('Only inspect objects of the given type'),
  },
  arity: { atLeast: 1 },
  examples: [
    ["A container's address", "inspect --format '{{.NetworkSettings.IPAddress}}' web"],
    [
      'Each network it is in',
      "inspect -f '{{range $name, $_ := .NetworkSettings.Networks}}{{println $name}}{{end}}' web",
    ],
  ],
  async run(context, { flags, given, args }) {
    const { client, err } = context;
    const asked = flags.type as Kind;
    if (given.has('type') && flags.type === '') throw new Error(`type is empty: must be one of ${typeNames}`);
    if (asked && !kinds.includes(asked)) {
      throw new Error(`unknown type: ${JSON.stringify(flags.type)}: must be one of ${typeNames}`);
    }
    const { size, format } = flags;
    const ahead = !asked || asked === 'container' ? containersAhead(client, args, { size, format }) : undefined;
    return inspectAll(context, args, format, async (name) => {
      const container = await ahead?.(name);
      if (container) return container;
      const found = asked
        ? { kind: asked, ...(await fetchOne(client, asked, name, asked === 'container' ? { size: flags.size } : {})) }
        : await fetchAny(client, name, flags.size);
      if (flags.size && found.kind !== 'container') await err.line(`WARNING: --size ignored for ${found.kind}`);
      return found;
    });
  },
});

export const inspectContainer = command({
  ...words('container'),
  flags: { format: formatFlag, size: flag.bool('Display total file sizes', { short: 's' }) },
  run(context, { flags: { size, format }, args }) {
    const ahead = containersAhead(context.client, args, { size, format });
    const fetch = async (name: string) =>
      (await ahead(name)) ?? (await fetchOne(context.client, 'container', name, { size }));
    return inspectAll(context, args, format, fetch);
  },
});

export const inspectImage = command({
  ...words('image'),
  flags: {
    format: formatFlag,
    platform: flag.string(
      "Inspect a specific platform of the multi-platform image.\nIf the image or the server is not multi-platform capable, the command will error out if the platform does not match.\n'os[/arch[/variant]]': Explicit platform (eg. linux/amd64)",
    ),
  },
  run(context, { flags, args }) {
    const platform = flags.platform ? { platform: JSON.stringify(parsePlatform(flags.platform)) } : {};
    return inspectAll(context, args, flags.format, (name) => fetchOne(context.client, 'image', name, platform));
  },
});

export const inspectNetwork = command({
  ...words('network'),
  flags: { format: formatFlag, verbose: flag.bool('Verbose output for diagnostics', { short: 'v' }) },
  run: (context, { flags, args }) =>
    inspectAll(context, args, flags.format, (name) =>
      fetchOne(context.client, 'network', name, { verbose: flags.verbose }),
    ),
});

export const inspectVolume = command({
  ...words('volume'),
  flags: { format: formatFlag },
  run: (context, { flags, args }) =>
    inspectAll(context, args, flags.format, (name) => fetchOne(context.client, 'volume', name, {})),
});

export const inspectPlugin = command({
  ...words('plugin'),
  flags: { format: formatFlag },
  run: (context, { flags, args }) =>
    inspectAll(context, args, flags.format, (name) => fetchOne(context.client, 'plugin', name, {})),
});

function words(kind: 'container' | 'image' | 'network' | 'volume' | 'plugin') {
  return {
    usage: `[OPTIONS] ${kind.toUpperCase()} [${kind.toUpperCase()}...]`,
    short: `Display detailed information on one or more ${kind}s`,
    arity: { atLeast: 1 },
  };
}
