import type { Client } from '../../../client/index.ts';
import { familiarName, parseReference, withDefaultTag } from '../../../oci/index.ts';
import type { Output } from '../../stdio/output.ts';
import { showProgress } from '../../stdio/progress.ts';

/** Asks the engine to pull an image and shows what it says on `out`. */
export async function pullImage(
  client: Client,
  { image, platform, out }: { image: string; platform: string; out: Output | undefined },
): Promise<void> {
  const reference = withDefaultTag(parseReference(image));
  const reply = await client.request({
    method: 'POST',
    path: '/images/create',
    query: { fromImage: familiarName(reference), tag: reference.digest ?? reference.tag, platform },
  });
  await showProgress(reply.body, out);
}
