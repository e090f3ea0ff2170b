import { type Entry, entry, type Group } from '../entry.ts';

const images = entry('List images', async () => (await import('./list.ts')).list, { common: 7 });
const history = entry('Show the history of an image', async () => (await import('./history.ts')).history);
const importImage = entry(
  'Import the contents from a tarball to create a filesystem image',
  async () => (await import('./import.ts')).importImage,
);
const load = entry('Load an image from a tar archive or STDIN', async () => (await import('./load.ts')).load);
const rmi = entry('Remove one or more images', async () => (await import('./remove.ts')).remove);
const tag = entry('Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE', async () => (await import('./tag.ts')).tag);
const inspect = entry(
  'Display detailed information on one or more images',
  async () => (await import('../inspect.ts')).inspectImage,
);

/** The commands of images that stand alone. */
export const imageWords: Record<string, Entry> = { history, images, import: importImage, load, rmi, tag };

export const image: Group = {
  short: 'Manage images',
  commands: { history, import: importImage, inspect, load, ls: images, rm: rmi, tag },
  synonyms: { list: 'ls', remove: 'rm' },
};
