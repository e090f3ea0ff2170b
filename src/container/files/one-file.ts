import { posix } from 'node:path';
import { copyContents, readAside, statFd, xattrsOf } from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import { encodeTarHead, tarEnd, tarPadding } from '../../oci/index.ts';
import type { Context } from '../context.ts';
import type { ContainerFiles } from './contract.ts';
import { extract } from './extract.ts';
import { whatIs } from './locate.ts';
import { baseName, cleanPath } from './path-stat.ts';
import { ownerOf, refuseReadOnly, writing } from './reach.ts';
import { byteString, type FileTree } from './tree.ts';

/** See ContainerFiles.copyFileIn. */
export function copyFileIn(
  context: Context,
  reference: string,
  { path, from, copyUIDGID }: Parameters<ContainerFiles['copyFileIn']>[1],
): Promise<void> {
  return writing(context, reference, async (row, tree) => {
    const { into, name } = placeFor(tree, path, from.name);
    refuseReadOnly(row, `/${Buffer.from(into, 'latin1')}`);
    const owner = copyUIDGID && row.config.User ? ownerOf(tree, row.config.User) : undefined;
    await extract(tree, {
      archive: archived(from.fd, name),
      fetch: () => (to) => copyContents(from.fd, to),
      into,
      shown: path,
      noOverwriteDirNonDir: true,
      ...(owner && { owner }),
    });
    context.events.publish(row, 'extract-to-dir');
  });
}

/** The directory that gets a file, and its name there, by the rules of `cp`: byte strings. Whatever is not plain is refused. */
function placeFor(tree: FileTree, path: string, own: string): { into: string; name: string } {
  const clean = byteString(cleanPath(path));
  if (clean.endsWith('/.')) throw notPlain();
  const there = whatIs(tree, clean, { follow: true });
  const kind = there?.status.kind;
  if (there && kind === 'directory') return { into: there.path, name: own };
  if (clean.endsWith('/')) throw notPlain();
  if (there && kind === 'file') return { into: posix.dirname(`/${there.path}`).slice(1), name: baseName(there.path) };
  // A link to nothing, or a device.
  if (there || whatIs(tree, clean, { follow: false })) throw notPlain();
  const parent = whatIs(tree, posix.dirname(clean), { follow: true });
  if (parent?.status.kind !== 'directory') throw notPlain();
  return { into: parent.path, name: baseName(clean) };
}

/** From so many bytes on contents go from file to file. */
const large = 64 << 10;

/** The archive of one open file, with what of a large one stands for its contents. */
async function* archived(fd: number, name: string): AsyncGenerator<Uint8Array> {
  const { mode, uid, gid, size, modified } = statFd(fd);
  const capability = xattrsOf(fd).get('security.capability');
  const isLarge = size >= large;
  yield encodeTarHead({
    name,
    type: '0',
    mode,
    uid,
    gid,
    size: isLarge ? 0 : size,
    modified: { seconds: modified.seconds, nanoseconds: 0 },
    linkName: '',
    device: [0, 0],
    xattrs: new Map(capability && [['security.capability', capability]]),
    ...(isLarge && { elsewhere: 'here' }),
  });
  if (!isLarge) yield await contents(fd, size);
  yield tarEnd;
}

/** With its padding. */
async function contents(fd: number, size: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(size + tarPadding(size));
  for (let at = 0; at < size; ) {
    const count = await readAside(fd, bytes.subarray(at, size), at);
    if (count === 0) throw notPlain();
    at += count;
  }
  return bytes;
}

const notPlain = () => new EngineError('unavailable', 'this is for the command line to copy');
