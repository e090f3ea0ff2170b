import { builderWords } from '../builder/index.ts';
import { type Entry, entry, type Group } from '../entry.ts';

const images = entry('List images', async () => (await import('./list.ts')).list, { common: 7 });
const history = entry('Show the history of an image', async () => (await import('./history.ts')).history);
const importImage = entry(
  'Import the contents from a tarball to create a filesystem image',
  async () => (await import('./import.ts')).importImage,
);
const inspect = entry(
  'Display detailed information on one or more images',
  async () => (await import('../inspect.ts')).inspectImage,
);
const load = entry('Load an image from a tar archive or STDIN', async () => (await import('./load.ts')).load);
const prune = entry('Remove unused images', async () => (await import('./prune.ts')).prune);
const pull = entry('Download an image from a registry', async () => (await import('./pull.ts')).pull, { common: 5 });
const push = entry('Upload an image to a registry', async () => (await import('./push.ts')).push, { common: 6 });
const rmi = entry('Remove one or more images', async () => (await import('./remove.ts')).remove);
const save = entry(
  'Save one or more images to a tar archive (streamed to STDOUT by default)',
  async () => (await import('./save.ts')).save,
);
const tag = entry('Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE', async () => (await import('./tag.ts')).tag);

/** The commands of images that stand alone. */
export const imageWords: Record<string, Entry> = {
  history,
  images,
  import: importImage,
  load,
  pull,
  push,
  rmi,
  save,
  tag,
};

export const image: Group = {
  short: 'Manage images',
  commands: {
    ...builderWords,
    history,
    import: importImage,
    inspect,
    load,
    ls: images,
    prune,
    pull,
    push,
    rm: rmi,
    save,
    tag,
  },
  synonyms: { list: 'ls', remove: 'rm', rmi: 'rm' },
};
