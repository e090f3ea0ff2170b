import { parseReference, withDefaultTag } from '../../../oci/index.ts';
import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { wholeName } from '../image/pull.ts';
import { createLists } from './lists.ts';
import { createRemotes } from './remote.ts';

export const create = command({
  usage: 'MANIFEST_LIST MANIFEST [MANIFEST...]',
  short: 'Create a local manifest list for annotating and pushing to a registry',
  experimental: true,
  flags: {
    amend: flag.bool('Amend an existing manifest list', { short: 'a' }),
    insecure: flag.bool('Allow communication with an insecure registry'),
  },
  arity: { atLeast: 2 },
  examples: [['One name for two architectures', 'manifest create shop:1 shop:1-amd64 shop:1-arm64']],
  async run(context, { flags, args: [name = '', ...manifests] }) {
    const list = readName(name, `error parsing name for manifest list ${name}`);
    const lists = createLists(context.config);
    const isThere = await lists.all(list).then(
      () => true,
      () => false,
    );
    if (isThere && !flags.amend) throw new Error('refusing to amend an existing manifest list with no --amend flag');
    const remotes = createRemotes(context, flags.insecure);
    for (const text of manifests) {
      const reference = readName(text);
      const known = await lists.get(list, reference);
      const found = known ? { kind: 'manifest' as const, manifest: known } : await remotes.fetch(reference);
      if (found.kind === 'list') throw new Error(`${wholeName(reference)} is a manifest list`);
      await lists.put(list, reference, found.manifest);
    }
    await context.out.line(`Created manifest list ${wholeName(list)}`);
    return 0;
  },
});

/** A name with its tag; what is wrong with it is told after `about`. */
export function readName(text: string, about?: string) {
  try {
    return withDefaultTag(parseReference(text));
  } catch (error) {
    const words = (error as Error).message.replace(/repository name \((?=[^/)]*\))/, 'repository name (library/');
    throw new Error(about === undefined ? words : `${about}: ${words}`, { cause: error });
  }
}
