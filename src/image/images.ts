import { createTopic, EngineError, type Log } from '../kit/index.ts';
import { isTag, parseReference, withDefaultTag } from '../oci/index.ts';
import type { Registry } from '../registry/index.ts';
import type { Snapshots } from '../snapshot/index.ts';
import type { Store } from '../store/index.ts';
import { loadImages } from './archive/load.ts';
import { saveImages } from './archive/save.ts';
import { checkImages } from './check.ts';
import { type Context, publishAll, tagIn } from './context.ts';
import type { ImageEvent, Images } from './contract.ts';
import { assembleImage, stackOf } from './create/assemble.ts';
import { assembleList } from './create/assemble-list.ts';
import { commitImage } from './create/commit.ts';
import { importImage } from './create/import.ts';
import { importUrl } from './create/import-url.ts';
import { nameFor } from './create/new-image.ts';
import { unpackLayers } from './layers/unpack-layers.ts';
import { createFetchAgain } from './pull/fetch-again.ts';
import { pullImages } from './pull/pull.ts';
import { remoteImage } from './pull/remote.ts';
import { pushImages } from './push/push.ts';
import { createGarbage } from './records/garbage.ts';
import { findForPlatform, findWhole, platformsOf } from './records/platforms.ts';
import { descendantsOf, imagesIn } from './records/records.ts';
import { pruneImages } from './remove/prune.ts';
import { removeImage } from './remove/remove.ts';
import { imageHistory, inspectImage } from './show/inspect.ts';
import { layersSize, listImages } from './show/list.ts';
import { createDownloads, type TransferLimits, usualLimits } from './transfer/downloads.ts';
import { createSlots } from './transfer/slots.ts';

/** How long what has come of a broken pull waits for the next. */
const PARTIAL_MS = 7 * 24 * 3600_000;

/** The images of the engine, kept in `store` and unpacked in `snapshots`. */
export function createImages(options: {
  store: Store;
  snapshots: Snapshots;
  registry: Registry;
  limits?: () => TransferLimits;
  log: Log;
  clock?: () => Date;
}): Images {
  const { store, snapshots, registry, limits = () => usualLimits, log, clock = () => new Date() } = options;
  const downloads = createDownloads({ blobs: store.blobs, limits });
  const uploads = createSlots(() => limits().uploads);
  const garbage = createGarbage({ store, snapshots });
  const events = createTopic<ImageEvent>((error) => log.error('a listener of image events failed', { error }));
  const context: Context = { store, snapshots, log, clock, garbage, events };
  return {
    resolve(reference, platform) {
      const { id, record } = store.view((tx) => findForPlatform(tx, reference, platform));
      return { id, config: record.config, layers: record.config.rootfs.diff_ids };
    },
    platforms: (reference) => store.view((tx) => platformsOf(tx, reference)),
    list: async (options) => listImages(context, options),
    layersSize: () => layersSize(context),
    inspect: async (reference, options) => inspectImage(context, reference, options),
    history: (reference, platform) => imageHistory(context, reference, platform),
    tag: (source, repository, tag) => tagImage(context, source, { repository, tag }),
    remove: (reference, options) => removeImage(context, reference, options),
    load: (archive, options) => loadImages(context, archive, options),
    import: (tar, options) => importImage(context, tar, options),
    importUrl: (url, options) => importUrl(context, registry, url, options),
    checkName: (repository, tag) => void nameFor(repository, tag),
    descendants: (id) => context.store.view((tx) => descendantsOf(tx, id)),
    remote: (request) => remoteImage(registry, request),
    push: (request) => pushImages(context, { registry, slots: uploads }, request),
    pull: (request) => pullImages(context, { registry, downloads }, request),
    stack: (reference, platform) => stackOf(context, reference, platform),
    lease: () => garbage.lease(),
    drop: (targets) => garbage.drop(targets),
    assemble: (request) => assembleImage(context, request),
    assembleList: (request) => assembleList(context, request),
    commit: (options) => commitImage(context, options),
    save: (references, platform) => saveImages(context, references, platform),
    prune: (filters) => pruneImages(context, filters),
    subscribe: events.subscribe,
    check: (options) => checkImages(context, createFetchAgain(context, { registry, downloads }), options),
    async collect() {
      await garbage.collect();
      store.blobs.forget(new Date(clock().getTime() - PARTIAL_MS));
      await rebuild(context);
    },
  };
}

function tagImage(context: Context, source: string, target: { repository: string; tag: string }): void {
  const name = parseReference(target.repository);
  if (name.digest !== undefined) throw new EngineError('invalid', 'refusing to create a tag with a digest reference');
  if (target.tag !== '' && !isTag(target.tag)) throw new EngineError('invalid', 'invalid tag format');
  const tagged = withDefaultTag(target.tag === '' ? name : { ...name, tag: target.tag });
  const event = context.store.update((tx) => tagIn(tx, context, tagged, findWhole(tx, source)));
  publishAll(context, [event]);
}

/** Unpacked layers are only a cache: what is missing of an image is unpacked again from its blobs. */
async function rebuild(context: Context): Promise<void> {
  const { store, snapshots, log } = context;
  for (const { id, document } of store.view((tx) => imagesIn(tx).all())) {
    const diffIds = document.config.rootfs.diff_ids;
    if (diffIds.every((diffId, index) => snapshots.hasLayer(diffId, diffIds.slice(0, index)))) continue;
    const layers = diffIds.map((diffId, index) => ({ diffId, blob: document.blobs[index] ?? '' }));
    try {
      await unpackLayers({ blobs: store.blobs, snapshots }, layers);
      log.info('unpacked the layers of an image again', { id });
    } catch (error) {
      log.error('the layers of an image are gone', { id, error });
    }
  }
}
