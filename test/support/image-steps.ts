// Run as a program: `bun image-steps.ts <data root> <archive> <step>…` does steps on a store of its own, to be killed on the way.
import { createReadStream } from 'node:fs';
import { createImages } from '../../src/image/index.ts';
import { silent } from '../../src/kit/index.ts';
import { parseReference } from '../../src/oci/index.ts';
import { makeTar } from '../../src/oci/tar/make-tar.ts';
import { createRegistry } from '../../src/registry/index.ts';
import { createSnapshots } from '../../src/snapshot/index.ts';
import { createStore } from '../../src/store/index.ts';

const [root = '', archive = '', ...steps] = process.argv.slice(2);
const store = createStore({ dir: root, log: silent });
const snapshots = createSnapshots({ root, log: silent });
const images = createImages({ store, snapshots, registry: createRegistry({ log: silent }), log: silent });

/** What is pulled: `host/name:1`. */
const remote = process.env.TUG_STEPS_REMOTE ?? '';

async function drain(messages: AsyncIterable<{ status?: string }>): Promise<void> {
  for await (const message of messages) if (process.env.TUG_STEPS_SAY) console.log(message);
}

async function* once(bytes: Uint8Array) {
  yield bytes;
}

const actions: Record<string, () => Promise<unknown>> = {
  load: () => drain(images.load(createReadStream(archive), { quiet: true })),
  import: () => {
    const options = { repository: 'box', tag: '2', message: '', changes: [], source: '-' };
    return drain(images.import(createReadStream(archive), options));
  },
  remove: () => images.remove('box:1', { force: false, prune: true }),
  create: () => snapshots.create('c', images.resolve('box:1').layers),
  commit: () =>
    images.commit({
      parent: images.resolve('box:1').id,
      layer: once(makeTar([{ name: 'committed', data: 'c' }])),
      config: {},
      container: { id: 'c', config: {} },
      author: '',
      comment: '',
      repository: 'box',
      tag: '3',
    }),
  pull: () => drain(images.pull({ reference: parseReference(remote), signal: new AbortController().signal })),
  push: () => {
    images.tag(remote, remote.replace(/:1$/, ''), '2');
    const reference = parseReference(remote.replace(/:1$/, ':2'));
    return drain(images.push({ reference, signal: new AbortController().signal }));
  },
  delete: () => snapshots.remove('c'),
  collect: () => images.collect(),
  prune: () => images.prune({ dangling: ['false'] }),
  save: async () => {
    for await (const _ of images.save(['box:1']));
  },
};

for (const step of steps) {
  try {
    await actions[step]?.();
  } catch (error) {
    // Steps in any order may not be possible.
    if (!process.env.TUG_STEPS_FAIL) throw error;
  }
}
await snapshots.settled();
store.close();
