import type { ImageConfig, ImageHistory } from '../../oci/index.ts';

/**
 * Times of a history as BuildKit writes them: a layer has that of its making (`layerTimes`, one for each item with a layer that has none
 * yet), any other item that of the next layer, or the last one.
 */
export function datedHistory(history: readonly ImageHistory[], layerTimes: (string | undefined)[]): ImageHistory[] {
  let layer = 0;
  const dated = history.map((item) => {
    if (item.empty_layer) return { ...item };
    const time = layerTimes[layer++];
    return item.created === undefined && time !== undefined ? withTime(item, time) : { ...item };
  });
  let created = firstNew(dated);
  let isNew = false;
  return dated.map((item) => {
    if (item.created === undefined) {
      isNew = true;
      return created === undefined ? item : withTime(item, created);
    }
    if (isNew) created = item.created;
    return item;
  });
}

function firstNew(history: ImageHistory[]): string | undefined {
  let created: string | undefined;
  let isNew = false;
  for (const item of history) {
    if (item.created === undefined) isNew = true;
    else {
      created = item.created;
      if (isNew) break;
    }
  }
  return created;
}

/** The time stands first. */
function withTime(item: ImageHistory, created: string): ImageHistory {
  return Object.assign({ created }, item, { created });
}
/** The config as the image has it, fields in the order in which BuildKit writes them. */
export function wholeConfig(
  image: Omit<ImageConfig, 'rootfs'>,
  { history, diffIds }: { history: ImageHistory[]; diffIds: string[] },
): ImageConfig {
  const { architecture, variant, author, config, os } = image;
  const created = history.at(-1)?.created ?? image.created;
  return {
    architecture,
    ...(config && { config }),
    ...(created !== undefined && { created }),
    ...(author !== undefined && { author }),
    history,
    os,
    ...(image['os.version'] !== undefined && { 'os.version': image['os.version'] }),
    rootfs: { type: 'layers', diff_ids: diffIds },
    ...(variant !== undefined && { variant }),
  };
}
