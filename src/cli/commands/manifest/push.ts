import { parseReference, type Reference } from '../../../oci/index.ts';
import type { Repository } from '../../../registry/index.ts';
import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { wholeName } from '../image/pull.ts';
import { readName } from './create.ts';
import { createLists } from './lists.ts';
import { documentOf, type ListedManifest, listOf } from './manifest.ts';
import { createRemotes } from './remote.ts';

export const push = command({
  usage: '[OPTIONS] MANIFEST_LIST',
  short: 'Push a manifest list to a repository',
  experimental: true,
  flags: {
    insecure: flag.bool('Allow push to an insecure registry'),
    purge: flag.bool('Remove the local manifest list after push', { short: 'p' }),
  },
  arity: { exactly: 1 },
  async run(context, { flags, args: [name = ''] }) {
    const list = readName(name);
    const lists = createLists(context.config);
    const manifests = await lists.all(list);
    for (const manifest of manifests) check(list, manifest);
    const made = listOf(manifests);
    await createRemotes(context, flags.insecure).push(list, async (repository) => {
      for (const manifest of manifests) await sendManifest(repository, list, manifest, context.out);
      await repository.putManifest(list.digest ?? list.tag ?? 'latest', {
        mediaType: made.mediaType,
        bytes: Buffer.from(made.text),
      });
    });
    await context.out.line(made.digest);
    if (flags.purge) await lists.remove(list);
    return 0;
  },
});

/** A list names what lies in its own registry, each for a platform. */
function check(list: Reference, { Ref, Descriptor: { platform } }: ListedManifest): void {
  const { domain } = parseReference(Ref);
  if (domain !== list.domain) {
    throw new Error(
      `cannot use source images from a different registry than the target image: ${domain} != ${list.domain}`,
    );
  }
  if (!platform.os || !platform.architecture) {
    throw new Error(`manifest ${Ref} must have an OS and Architecture to be pushed to a registry`);
  }
}

/** What lies in another repository is taken over from there. */
async function sendManifest(
  repository: Repository,
  list: Reference,
  manifest: ListedManifest,
  out: { line(text: string): Promise<void> },
): Promise<void> {
  const source = parseReference(manifest.Ref);
  if (source.path !== list.path) {
    const { config, layers } = documentOf(manifest);
    for (const { digest } of [config, ...layers]) await takeOver(repository, digest, source.path);
    const { mediaType, digest } = manifest.Descriptor;
    await repository.putManifest(digest, { mediaType, bytes: Buffer.from(manifest.Raw, 'base64') });
    const { domain, path } = list;
    await out.line(`Pushed ref ${wholeName({ domain, path, digest })} with digest: ${digest}`);
  }
}

async function takeOver(repository: Repository, digest: string, from: string): Promise<void> {
  const upload = await repository.upload({ digest, from });
  if (!upload) return;
  await upload.cancel();
  if ((await repository.blobSize(digest)) === undefined)
    throw new Error(`${digest} could not be taken over from ${from}`);
}
