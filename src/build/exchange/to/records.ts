import type { StackLayer } from '../../../image/index.ts';
import type { Vertex } from '../../graph/vertex.ts';
import { packedLayers } from '../../output/layers.ts';
import type { Built } from '../../solve/built.ts';
import { type CacheRecord, portableBase } from '../format.ts';

/** A layer of a cache that is made, with the place of the one below; -1 without. */
export interface ListedLayer extends StackLayer {
  parent: number;
  createdAt?: string;
}

/** The records of a cache, and the layers that they speak of. */
export interface Listed {
  records: CacheRecord[];
  layers: ListedLayer[];
}

/** What a build has in its cache: of the image's own layers, or with `all` of every step that the target needs. */
export async function listRecords(builds: readonly Built[], all: boolean): Promise<Listed> {
  const listed: Listed = { records: [], layers: [] };
  const places = new Map<string, number>();
  for (const built of builds) {
    const { graph } = built.build;
    const vertices = all ? graph.all : chainOf(graph.target);
    for (const vertex of vertices) if (vertex.step) await add({ built, listed, places }, vertex);
  }
  return listed;
}

function chainOf(target: Vertex): Vertex[] {
  const chain: Vertex[] = [];
  for (let at: Vertex | undefined = target; at; at = at.parent) chain.unshift(at);
  return chain;
}

interface Adding {
  built: Built;
  listed: Listed;
  /** Of records, by their keys. */
  places: Map<string, number>;
}

async function add({ built, listed, places }: Adding, vertex: Vertex): Promise<void> {
  const { build, keyOf } = built;
  const { cache } = build.context;
  const digest = await keyOf(vertex);
  const id = places.has(digest) ? undefined : cache.find(digest);
  if (id === undefined) return;
  build.hold.use(id);
  const packed = await packedLayers(build, { record: id, stack: cache.stack(id), key: digest });
  const record = cache.record(id);
  if (!record || packed.length === 0) return;
  const below = packed.slice(0, packed.length - record.layers.length).map(({ diffId }) => diffId);
  const base = portableBase(below);
  const inputs = [];
  for (const input of [...(vertex.parent ? [vertex.parent] : []), ...vertex.inputs]) {
    const link = places.get(await keyOf(input));
    if (link !== undefined) inputs.push([{ link }]);
  }
  places.set(digest, listed.records.length);
  const { description, parts, createdAt } = record;
  listed.records.push({
    digest,
    results: [{ layer: layerPlace(listed, packed, createdAt), createdAt }],
    ...(inputs.length > 0 && { inputs }),
    tug: { description, ...(parts && base !== undefined && { parts: { ...parts, base } }) },
  });
}

/** The place of the topmost of these layers, which are added with what is below them. */
function layerPlace({ layers }: Listed, packed: StackLayer[], createdAt: string): number {
  let parent = -1;
  for (const [index, layer] of packed.entries()) {
    const known = layers.findIndex((one) => one.diffId === layer.diffId && one.parent === parent);
    const isTop = index === packed.length - 1;
    parent = known >= 0 ? known : layers.push({ ...layer, parent, ...(isTop && { createdAt }) }) - 1;
  }
  return parent;
}
