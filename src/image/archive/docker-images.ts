import { EngineError } from '../../kit/index.ts';
import { parseReference } from '../../oci/index.ts';
import { type ArchivedImage, checkedConfig, requireLayers } from './archived.ts';
import type { Spool } from './spool.ts';

/** What Docker's manifest.json tells of. */
export async function dockerImages(spool: Spool): Promise<ArchivedImage[]> {
  const items = await spool.json(spool.need('manifest.json'));
  if (!Array.isArray(items)) throw new EngineError('invalid', 'invalid manifest.json: it is not a list');
  return Promise.all(items.map((item) => dockerImage(spool, item)));
}

async function dockerImage(spool: Spool, item: unknown): Promise<ArchivedImage> {
  const { Config, RepoTags, Layers } = (item ?? {}) as { Config?: unknown; RepoTags?: unknown; Layers?: unknown };
  if (typeof Config !== 'string') throw new EngineError('invalid', 'invalid manifest.json: an image has no Config');
  const id = spool.need(Config);
  const config = await checkedConfig(spool, id);
  const paths = texts(Layers);
  const names = texts(RepoTags).map((text) => {
    const name = parseReference(text);
    if (name.tag === undefined) throw new EngineError('invalid', `invalid tag ${JSON.stringify(text)}`);
    return name;
  });
  requireLayers(config, paths.length);
  return { id, config, blobs: paths.map((path) => spool.need(path)), names };
}

function texts(value: unknown): string[] {
  const list = value ?? [];
  if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) {
    throw new EngineError('invalid', 'invalid manifest.json: not a list of names');
  }
  return list;
}
