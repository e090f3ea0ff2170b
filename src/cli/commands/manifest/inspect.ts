import type { Reference } from '../../../oci/index.ts';
import { type Context, command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { wholeName } from '../image/pull.ts';
import { readName } from './create.ts';
import { createLists } from './lists.ts';
import { documentOf, indented, type ListedManifest, listOf } from './manifest.ts';
import { createRemotes } from './remote.ts';

export const inspect = command({
  usage: '[OPTIONS] [MANIFEST_LIST] MANIFEST',
  short: 'Display an image manifest, or manifest list',
  experimental: true,
  flags: {
    insecure: flag.bool('Allow communication with an insecure registry'),
    verbose: flag.bool('Output additional info including layers and platform', { short: 'v' }),
  },
  arity: { from: 1, to: 2 },
  async run(context, { flags, args }) {
    const references = args.map((text) => readName(text));
    const [first, second] = references as [Reference, Reference?];
    const text = second ? textOf(await ofList(context, first, second), flags) : await wholeText(context, first, flags);
    await context.out.line(text);
    return 0;
  },
});

interface Flags {
  insecure: boolean;
  verbose: boolean;
}

async function ofList({ config }: Context, list: Reference, reference: Reference): Promise<ListedManifest> {
  const found = await createLists(config).get(list, reference);
  if (!found) throw new Error(`No such manifest: ${wholeName(reference)}`);
  return found;
}

/** A list in the making goes before what a registry has under the same name. */
async function wholeText(context: Context, reference: Reference, flags: Flags): Promise<string> {
  const own = await createLists(context.config)
    .all(reference)
    .catch(() => undefined);
  if (own) return flags.verbose ? indented(own, '\t') : listOf(own).text;
  const remotes = createRemotes(context, flags.insecure);
  const found = await remotes.fetch(reference);
  if (found.kind === 'manifest') return textOf(found.manifest, flags);
  if (!flags.verbose)
    return listOf(found.entries.map((entry) => ({ Descriptor: entry as ListedManifest['Descriptor'] }))).text;
  const manifests: ListedManifest[] = [];
  for (const entry of found.entries) manifests.push(await remotes.fetchEntry(reference, entry));
  return indented(manifests, '\t');
}

function textOf(manifest: ListedManifest, { verbose }: Flags): string {
  return indented(verbose ? manifest : documentOf(manifest), '\t');
}
