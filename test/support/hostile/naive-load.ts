import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unpackNaively } from './naive.ts';

const most = 64 << 20;

/** What a loader that believes every archive makes of it: see HostileImage.attack. */
export function loadNaively(base: string, root: string, archive: Uint8Array): 'leaks' | 'taken' | 'breaks' | 'swells' {
  try {
    const bytes = plain(archive);
    const { error } = unpackNaively(base, root, [bytes]);
    if (error !== undefined) throw error;
    const read = readImage(root);
    if (read.some((part) => part.toString('latin1') === 'of the host')) return 'leaks';
    return read.some((part) => plain(part).length > most) ? 'swells' : 'taken';
  } catch (error) {
    if (error instanceof RangeError && error.message === 'too much') return 'swells';
    if (error instanceof SyntaxError && error.message.includes('"of the host"')) return 'leaks';
    return 'breaks';
  }
}

function plain(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const unpacked = gunzipSync(bytes);
    if (unpacked.length > most) throw new RangeError('too much');
    return unpacked;
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return bytes.length > 100 ? fail(error) : bytes;
  }
}

function fail(error: unknown): never {
  throw error;
}

interface Item {
  Config: string;
  Layers: string[];
  RepoTags: string[] | null;
}

interface Manifest {
  config: { digest: string };
  layers: { digest: string }[];
}

/** The bytes of the configuration and the layers, wherever the archive says that they are. */
function readImage(root: string): Buffer[] {
  const file = (path: string) => readFileSync(path.startsWith('/') ? path : `${root}/${path}`);
  const blob = (digest: string) => file(join('blobs/sha256', digest.slice(7)));
  const document = (path: string) => JSON.parse(file(path).toString());
  let items: Item[];
  try {
    items = document('manifest.json') as Item[];
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
    const { manifests } = document('index.json') as { manifests: { digest: string }[] };
    const manifest = JSON.parse(blob(manifests[0]?.digest ?? '').toString()) as Manifest;
    return [blob(manifest.config.digest), ...manifest.layers.map(({ digest }) => blob(digest))];
  }
  return items.flatMap(({ Config, Layers }) => {
    const layers = [...(Layers ?? [])].map(file);
    const config = file(Config);
    if (config.toString() === 'of the host') return [config];
    JSON.parse(config.toString()).rootfs.diff_ids.length.toFixed();
    return [config, ...layers];
  });
}
