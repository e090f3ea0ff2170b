import { closeFd, openDirectoryAt, usingFd } from '../../host/index.ts';
import { formatPlatform, tarEnd } from '../../oci/index.ts';
import { packTree } from '../../snapshot/index.ts';
import type { Build } from '../solve/build.ts';
import type { Built } from '../solve/built.ts';
import { treeOf } from '../solve/parts.ts';
import type { Result } from '../solve/result.ts';

/** The files of an outcome as a tar. */
export async function* filesOf(build: Build, result: Result): AsyncGenerator<Uint8Array> {
  yield* packed(build, result, '');
}

/** Those of several platforms, each in a directory of its own: `linux_amd64`. */
export async function* filesOfAll(built: readonly Built[]): AsyncGenerator<Uint8Array> {
  for (const { build, stage, result } of built) {
    const name = formatPlatform(stage.platform).replaceAll('/', '_');
    yield* withoutEnd(packed(build, result, name));
  }
  yield tarEnd;
}

async function* packed(build: Build, result: Result, as: string): AsyncGenerator<Uint8Array> {
  const tree = usingFd(treeOf(build, result), (fd) => openDirectoryAt(fd, '.'));
  try {
    yield* packTree({ from: { directory: tree, name: Buffer.from('.') }, as });
  } finally {
    closeFd(tree);
  }
}

/** An archive without the blocks that end it, so that another may follow. */
async function* withoutEnd(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let kept: Uint8Array = new Uint8Array(0);
  for await (const piece of tar) {
    const all = Buffer.concat([kept, piece]);
    const given = Math.max(all.length - tarEnd.length, 0);
    if (given > 0) yield all.subarray(0, given);
    kept = all.subarray(given);
  }
}
