import { statSync } from 'node:fs';
import { asEngineError, type Damage, EngineError, leftOverAfter, messageOf } from '../kit/index.ts';
import { digestOf } from '../oci/index.ts';
import type { Tx } from '../store/index.ts';
import { checkLists } from './check-lists.ts';
import type { Context } from './context.ts';
import { once } from './create/new-image.ts';
import { layerBytes } from './layers/unpack-layers.ts';
import type { FetchAgain } from './pull/fetch-again.ts';
import {
  type ImageRecord,
  imagesIn,
  lostNames,
  markDamaged,
  putImage,
  takeName,
  wholeName,
} from './records/records.ts';

interface Found {
  id: string;
  record: ImageRecord;
}

/** Images with all that they need, and what lies there that no image needs. Layers are checked with the tars in their blobs. */
export async function* checkImages(
  context: Context,
  fetchAgain: FetchAgain,
  options: { full: boolean },
): AsyncGenerator<Damage> {
  const seen = new Set<string>();
  for (const { id, document } of context.store.view((tx) => imagesIn(tx).all())) {
    const found = { id, record: document };
    yield* checkRecord(context, found);
    const isWhole = yield* checkBytes(context, fetchAgain, found);
    if (isWhole && document.damaged !== undefined) yield unmarked(context, found);
    yield* checkLayers(context, found, { ...options, seen });
  }
  yield* checkLists(context.store);
  yield* checkNames(context);
  yield* checkLeftOver(context);
}

function* checkRecord({ store }: Context, { id, record }: Found): Generator<Damage> {
  const subject = `image ${id}`;
  const diffIds = record.config.rootfs.diff_ids;
  const wanted = [`blob:${id}`, ...record.blobs.map((blob) => `blob:${blob}`), ...diffIds.map((one) => `layer:${one}`)];
  const present = store.view((tx) => tx.refs.targetsOf(`image:${id}`).map(({ target }) => target));
  if (wanted.some((target) => !present.includes(target))) {
    yield {
      subject,
      problem: 'does not hold all that it needs',
      repair: change(store, 'written down again', (tx) => putImage(tx, id, record)),
    };
  }
  const { parent, ...rest } = record;
  if (parent === undefined || store.view((tx) => imagesIn(tx).get(parent)) !== undefined) return;
  yield {
    subject,
    problem: `was committed on ${parent}, which is gone`,
    repair: change(store, 'stands alone now', (tx) => imagesIn(tx).put(id, rest)),
  };
}

function change(store: Context['store'], done: string, work: (tx: Tx) => void): () => string {
  return () => {
    store.update(work);
    return done;
  };
}

/**
 * Whether config, manifest and layers are there as they came. A config that is lost is written as it was, if its record makes the same
 * bytes; what else is lost is fetched again from where the image was pulled.
 */
async function* checkBytes(
  { store }: Context,
  fetchAgain: FetchAgain,
  { id, record }: Found,
): AsyncGenerator<Damage, boolean> {
  const { blobs } = store;
  const subject = `image ${id}`;
  if (!blobs.has(id)) {
    const text = Buffer.from(JSON.stringify(record.config));
    const problem = 'its configuration is gone';
    const writeAgain = async () => {
      await blobs.ingest(once(text), { digest: id });
      return 'written again';
    };
    const isKnown = digestOf(text) === id;
    yield {
      subject,
      problem,
      repair: isKnown ? writeAgain : bringBack(store, fetchAgain, { id, problem, digest: id }),
    };
  }
  const { manifest, ...unmanifested } = record;
  if (manifest && !blobs.has(manifest.digest)) {
    yield {
      subject,
      problem: `the manifest that it came with, ${manifest.digest}, is gone`,
      repair: change(store, 'it gets another when it is pushed', (tx) => putImage(tx, id, unmanifested)),
    };
  }
  for (const digest of new Set(record.blobs.filter((blob) => !blobs.has(blob)))) {
    const problem = `the bytes of its layer ${digest} are gone`;
    yield { subject, problem, repair: bringBack(store, fetchAgain, { id, problem, digest }) };
  }
  return [id, ...record.blobs].every((blob) => blobs.has(blob));
}

/** What no registry gives back is lost; the image says so from then on, instead of failing half-way. */
function bringBack(
  store: Context['store'],
  fetchAgain: FetchAgain,
  { id, problem, digest }: { id: string; problem: string; digest: string },
): () => Promise<string> {
  return async () => {
    try {
      return await fetchAgain(id, digest);
    } catch (error) {
      store.update((tx) => markDamaged(tx, id, problem));
      const tried = messageOf(error);
      const words = 'pull or load the image again; until then it cannot be saved or pushed';
      throw new EngineError('internal', tried === '' ? words : `${tried}; ${words}`, error);
    }
  };
}

function unmarked({ store }: Context, { id, record }: Found): Damage {
  const { damaged, ...whole } = record;
  const problem = `is marked as damaged (${damaged}) and is whole`;
  return {
    subject: `image ${id}`,
    problem,
    repair: change(store, 'mark taken away', (tx) => imagesIn(tx).put(id, whole)),
  };
}

async function* checkLayers(
  context: Context,
  { id, record }: Found,
  { full, seen }: { full: boolean; seen: Set<string> },
): AsyncGenerator<Damage> {
  const diffIds = record.config.rootfs.diff_ids;
  const { snapshots, store } = context;
  for (const [index, diffId] of diffIds.entries()) {
    const parents = diffIds.slice(0, index);
    const stack = [...parents, diffId].join();
    if (seen.has(stack)) continue;
    seen.add(stack);
    const blob = record.blobs[index] ?? '';
    const layer = () => ({ diffId, parents, tar: layerBytes(store.blobs, blob) });
    const subject = `layer ${diffId} of image ${id}`;
    if (!snapshots.hasLayer(diffId, parents)) {
      const repair = async () => {
        await snapshots.applyLayer(layer());
        return 'unpacked again';
      };
      yield { subject, problem: 'is not unpacked', ...(store.blobs.has(blob) && { repair }) };
    } else if (store.blobs.has(blob)) {
      const problem = await problemOf(() => snapshots.checkLayer(layer(), { full }));
      const repair = async () => {
        requireIdle(context, diffId);
        await snapshots.replaceLayer(layer());
        return 'unpacked again';
      };
      if (problem !== undefined) yield { subject, problem, repair };
    }
  }
}

/** An archive that is no longer what it was tells nothing about the tree. */
async function problemOf(check: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await check();
  } catch (error) {
    const { kind, message } = asEngineError(error);
    if (kind !== 'invalid') throw error;
    return `cannot be compared with its archive: ${message}`;
  }
}

/** The kernel reads a running container's files from the very tree. */
function requireIdle({ store }: Context, diffId: string): void {
  const running = store.view(({ refs }) =>
    refs
      .ownersOf(`layer:${diffId}`)
      .flatMap(({ owner }) => refs.ownersOf(owner))
      .find(({ note }) => note === 'running'),
  );
  if (!running) return;
  throw new EngineError('conflict', `${running.owner.replace(':', ' ')} runs on it: stop it first`);
}

function* checkNames({ store }: Context): Generator<Damage> {
  for (const { name, id } of store.view(lostNames)) {
    yield {
      subject: `name ${wholeName(name)}`,
      problem: `is that of ${id}, which is gone`,
      repair: change(store, 'removed', (tx) => takeName(tx, name)),
    };
  }
  const owners = store.view((tx) => tx.refs.owners('image').filter((owner) => !imagesIn(tx).get(owner.slice(6))));
  for (const owner of owners) {
    yield {
      subject: owner.replace(':', ' '),
      problem: 'is gone and still holds what it needed',
      repair: change(store, 'let go', (tx) => tx.refs.removeOwner(owner)),
    };
  }
}

/** What no image names and no operation holds. What was just made is left to whoever makes it. */
function* checkLeftOver({ store, snapshots, garbage }: Context): Generator<Damage> {
  const before = Date.now() - leftOverAfter;
  const blobs = store.blobs.all().filter((digest) => modified(store.blobs.path(digest)) < before);
  const layers = snapshots.unpacked().filter(({ at }) => at < before);
  const kinds = [blobs.map((digest) => `blob:${digest}`), layers.map(({ diffId }) => `layer:${diffId}`)];
  for (const target of new Set(kinds.flat())) {
    if (garbage.needs(target)) continue;
    const repair = async () => {
      await garbage.drop([target]);
      return 'removed';
    };
    yield { subject: target.replace(':', ' '), problem: 'is needed by no image', repair };
  }
}

function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
}
