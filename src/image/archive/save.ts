import { createReadStream } from 'node:fs';
import { type Platform, plainTarHead, tarEnd, tarPadding } from '../../oci/index.ts';
import { type Context, eventOf, publishAll } from '../context.ts';
import { secondsOf } from '../show/inspect.ts';
import { filesOf } from './files.ts';
import { blobsOfSaved, imagesFor, type Saved } from './saved.ts';

/** See Images.save. */
export async function* saveImages(
  context: Context,
  references: string[],
  platform?: Platform,
): AsyncGenerator<Uint8Array> {
  const lease = context.garbage.lease();
  try {
    const images = context.store.view((tx) => {
      const images = imagesFor(tx, references, platform);
      for (const blob of images.flatMap((image) => blobsOfSaved(tx, image))) lease.hold(`blob:${blob}`);
      return images;
    });
    yield* archive(context, images);
    publishAll(
      context,
      context.store.view((tx) => images.map(({ id }) => eventOf(tx, 'save', id))),
    );
  } finally {
    await lease.release();
  }
}

async function* archive(context: Context, images: Saved[]): AsyncGenerator<Uint8Array> {
  const { blobs } = context.store;
  const files = filesOf(blobs, images);
  const newest = Math.max(0, ...images.map(({ record }) => secondsOf(record.config.created)));
  yield Buffer.concat(['blobs/', 'blobs/sha256/'].map((name) => plainTarHead({ name, seconds: newest })));
  for (const [name, file] of [...files].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    yield plainTarHead({ name, seconds: file.seconds, size: file.size });
    if (file.document) yield file.document;
    else yield* createReadStream(blobs.path(file.blob ?? ''), { highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>;
    yield new Uint8Array(tarPadding(file.size));
  }
  yield tarEnd;
}
