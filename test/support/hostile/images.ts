import { gzipSync, zstdCompressSync } from 'node:zlib';
import { digestOf } from '../../../src/oci/index.ts';
import { makeTar, type TarPart } from '../../../src/oci/tar/make-tar.ts';

export interface HostileImage {
  archive: (outside: string) => Uint8Array;
  /** The words it is refused with. */
  words: RegExp;
  /**
   * How it harms who believes it: it makes a file of the host the image's (`leaks`), is taken for an image (`taken`), breaks the
   * reader (`breaks`), or makes it hold more than 64 MB (`swells`).
   */
  attack: 'leaks' | 'taken' | 'breaks' | 'swells';
}

const layer = makeTar([{ name: 'a', data: 'aaa' }]);
const sound = {
  architecture: 'amd64',
  os: 'linux',
  config: {},
  rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
};

const docker = (of: { config?: unknown; manifest?: unknown; layer?: Uint8Array; more?: TarPart[] }): Buffer => {
  const config = of.config === undefined ? sound : of.config;
  const item = { Config: 'config', RepoTags: ['box:1'], Layers: ['layer'] };
  return makeTar([
    { name: 'layer', data: of.layer ?? layer },
    { name: 'config', data: typeof config === 'string' ? config : JSON.stringify(config) },
    ...(of.more ?? []),
    {
      name: 'manifest.json',
      data: typeof of.manifest === 'string' ? of.manifest : JSON.stringify(of.manifest ?? [item]),
    },
  ]);
};

const named = (change: Record<string, unknown>) =>
  docker({ manifest: [{ Config: 'config', RepoTags: ['box:1'], Layers: ['layer'], ...change }] });
const configured = (change: Record<string, unknown>) => docker({ config: { ...sound, ...change } });
const withLayer = (bytes: Uint8Array, diffId = digestOf(layer)) =>
  docker({ layer: bytes, config: { ...sound, rootfs: { type: 'layers', diff_ids: [diffId] } } });

const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
};

interface Described {
  mediaType: string;
  digest: string;
  size: number;
}

/** An OCI layout whose parts a case may change; `store` overrides the bytes under a digest. */
function oci(
  change: {
    layer?: (of: Described) => unknown;
    config?: (of: Described) => unknown;
    top?: (of: Described) => unknown;
    document?: (manifest: Record<string, unknown>) => unknown;
    index?: unknown;
    nested?: number;
    bytes?: Uint8Array;
  } = {},
): Buffer {
  const blobs = new Map<string, Uint8Array>();
  const put = (mediaType: string, bytes: Uint8Array): Described => {
    blobs.set(digestOf(bytes), bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const layerOf = put(types.layer, layer);
  if (change.bytes) blobs.set(layerOf.digest, change.bytes);
  const configOf = put(types.config, json(sound));
  const plain = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: change.config?.(configOf) ?? configOf,
    layers: [change.layer?.(layerOf) ?? layerOf],
  };
  let top = put(types.manifest, json(change.document?.(plain) ?? plain));
  for (let depth = 0; depth < (change.nested ?? 0); depth++) {
    top = put(types.index, json({ schemaVersion: 2, mediaType: types.index, manifests: [top] }));
  }
  const index = change.index ?? { schemaVersion: 2, manifests: [change.top?.(top) ?? top] };
  return makeTar([
    { name: 'oci-layout', data: '{"imageLayoutVersion":"1.0.0"}' },
    ...[...blobs].map(([digest, data]) => ({ name: `blobs/sha256/${digest.slice(7)}`, data })),
    { name: 'index.json', data: JSON.stringify(index) },
  ]);
}

const gone = /no such file or directory/;
const notThere = /is not in the archive/;
const zeros = new Uint8Array(256 << 20);
const bomb = (): Uint8Array => gzipSync(zeros, { level: 1 });

const paths: Record<string, HostileImage> = {
  'a configuration by ..': {
    archive: () => named({ Config: '../outside/secret' }),
    words: /no such file|JSON/,
    attack: 'leaks',
  },
  'an absolute configuration': { archive: (o) => named({ Config: `${o}/secret` }), words: gone, attack: 'leaks' },
  'a layer by ..': { archive: () => named({ Layers: ['../outside/secret'] }), words: gone, attack: 'leaks' },
  'an absolute layer': { archive: (o) => named({ Layers: [`${o}/secret`] }), words: gone, attack: 'leaks' },
  'a configuration that is a symlink to the host': {
    archive: (o) =>
      makeTar([
        { name: 'config', type: '2', linkName: `${o}/secret` },
        { name: 'manifest.json', data: '[{"Config":"config","RepoTags":null,"Layers":[]}]' },
      ]),
    words: gone,
    attack: 'leaks',
  },
  'a layer that is a symlink to the host': {
    archive: () =>
      docker({
        manifest: [{ Config: 'config', Layers: ['l'] }],
        more: [{ name: 'l', type: '2', linkName: '../outside/secret' }],
      }),
    words: gone,
    attack: 'leaks',
  },
  'a chain of symlinks to the host': {
    archive: () =>
      docker({
        manifest: [{ Config: 'config', Layers: ['l'] }],
        more: [
          { name: 'm', type: '2', linkName: '../outside' },
          { name: 'l', type: '2', linkName: 'm/secret' },
        ],
      }),
    words: gone,
    attack: 'leaks',
  },
  'a layer that is a hard link to the host': {
    archive: () =>
      docker({
        manifest: [{ Config: 'config', Layers: ['l'] }],
        more: [{ name: 'l', type: '1', linkName: '../outside/secret' }],
      }),
    words: gone,
    attack: 'leaks',
  },
  'symlinks in a ring': {
    archive: () =>
      docker({
        manifest: [{ Config: 'a', Layers: ['layer'] }],
        more: [
          { name: 'a', type: '2', linkName: 'b' },
          { name: 'b', type: '2', linkName: 'a' },
        ],
      }),
    words: gone,
    attack: 'breaks',
  },
};

const documents: Record<string, HostileImage> = {
  'no manifest': {
    archive: () => makeTar([{ name: 'layer', data: layer }]),
    words: /manifest.json: no such file/,
    attack: 'breaks',
  },
  'a manifest that is text': {
    archive: () => docker({ manifest: 'not JSON' }),
    words: /invalid JSON/,
    attack: 'breaks',
  },
  'a manifest that is no list': { archive: () => docker({ manifest: '{}' }), words: /is not a list/, attack: 'breaks' },
  'a manifest of nothing': { archive: () => docker({ manifest: '[null]' }), words: /has no Config/, attack: 'breaks' },
  'a manifest of brackets': {
    archive: () => docker({ manifest: '['.repeat(1_000_000) }),
    words: /invalid/,
    attack: 'breaks',
  },
  'a configuration that is a number': { archive: () => named({ Config: 7 }), words: /has no Config/, attack: 'breaks' },
  'layers that are no list': { archive: () => named({ Layers: { length: 1 } }), words: /not a list/, attack: 'breaks' },
  'fewer layers than the configuration has': {
    archive: () => named({ Layers: [] }),
    words: /layers length mismatch/,
    attack: 'taken',
  },
  'more layers than the configuration has': {
    archive: () => named({ Layers: ['layer', 'layer'] }),
    words: /layers length mismatch/,
    attack: 'taken',
  },
  'a name by ..': {
    archive: () => named({ RepoTags: ['../../etc:1'] }),
    words: /invalid reference format/,
    attack: 'taken',
  },
  'a name without a tag': { archive: () => named({ RepoTags: ['box'] }), words: /invalid tag/, attack: 'taken' },
  'a name in capitals': {
    archive: () => named({ RepoTags: ['BOX:1'] }),
    words: /must be lowercase|invalid reference/,
    attack: 'taken',
  },
  'a configuration of nothing': { archive: () => docker({ config: 'null' }), words: /no RootFS/, attack: 'breaks' },
  'a configuration without layers': {
    archive: () => docker({ config: { os: 'linux' } }),
    words: /no RootFS/,
    attack: 'breaks',
  },
  'a digest that is a path': {
    archive: () => configured({ rootfs: { type: 'layers', diff_ids: ['sha256:../../../../etc/passwd'] } }),
    words: /invalid diffID/,
    attack: 'taken',
  },
  'a digest that is a number': {
    archive: () => configured({ rootfs: { type: 'layers', diff_ids: [7] } }),
    words: /invalid diffID/,
    attack: 'taken',
  },
  'a layer of another digest': {
    archive: () => withLayer(makeTar([{ name: 'evil', data: 'x' }])),
    words: /invalid diffID for layer/,
    attack: 'taken',
  },
  'another operating system': {
    archive: () => configured({ os: 'windows' }),
    words: /cannot load windows image/,
    attack: 'taken',
  },
  'a configuration larger than any': {
    archive: () => docker({ config: JSON.stringify({ ...sound, x: 'x'.repeat(17 << 20) }) }),
    words: /too large/,
    attack: 'taken',
  },
};

const layouts: Record<string, HostileImage> = {
  'a blob that is not what its name says': {
    archive: () => oci({ bytes: Buffer.from('other') }),
    words: notThere,
    attack: 'taken',
  },
  'a size that is not the blob’s': {
    archive: () => oci({ layer: (of) => ({ ...of, size: 1 }) }),
    words: /size/,
    attack: 'taken',
  },
  'a negative size': { archive: () => oci({ layer: (of) => ({ ...of, size: -1 }) }), words: /size/, attack: 'taken' },
  'a size that is not the manifest’s': {
    archive: () => oci({ top: (of) => ({ ...of, size: 7 }) }),
    words: /size/,
    attack: 'taken',
  },
  'a digest that leads out': {
    archive: () => oci({ config: (of) => ({ ...of, digest: 'sha256:../../../outside/secret' }) }),
    words: /invalid checksum digest format/,
    attack: 'leaks',
  },
  'a digest of nothing': {
    archive: () => oci({ layer: (of) => ({ ...of, digest: null }) }),
    words: /invalid checksum/,
    attack: 'breaks',
  },
  'a manifest that is an index, too': {
    archive: () => oci({ document: (manifest) => ({ ...manifest, manifests: [] }) }),
    words: /is ambiguous/,
    attack: 'taken',
  },
  'a manifest that says it is an index': {
    archive: () => oci({ document: (manifest) => ({ ...manifest, mediaType: types.index }) }),
    words: /media type/,
    attack: 'taken',
  },
  'an index that is called a manifest': {
    archive: () => oci({ nested: 1, top: (of) => ({ ...of, mediaType: types.manifest }) }),
    words: /media type/,
    attack: 'breaks',
  },
  'indexes in indexes in indexes': { archive: () => oci({ nested: 50 }), words: /nested too deeply/, attack: 'breaks' },
  'an index that is no list': {
    archive: () => oci({ index: { manifests: 'x' } }),
    words: /not a list/,
    attack: 'breaks',
  },
  'an index of nothing': { archive: () => oci({ index: { manifests: [null] } }), words: /invalid/, attack: 'breaks' },
  'layers that are a text': {
    archive: () => oci({ document: (manifest) => ({ ...manifest, layers: 'abc' }) }),
    words: /not a list/,
    attack: 'breaks',
  },
};

const compressed: Record<string, HostileImage> = {
  'a gzip archive that ends early': {
    archive: () => gzipSync(docker({})).subarray(0, 200),
    words: /unexpected EOF/,
    attack: 'breaks',
  },
  'gzip that is none': {
    archive: () => Buffer.concat([Buffer.from([0x1f, 0x8b, 0x08]), Buffer.alloc(500, 7)]),
    words: /gzip|unexpected/,
    attack: 'breaks',
  },
  'a layer of gzip that ends early': {
    archive: () => withLayer(gzipSync(layer).subarray(0, 60)),
    words: /unexpected EOF/,
    attack: 'taken',
  },
  'a layer of gzip with a wrong sum': {
    archive: () => withLayer(Buffer.concat([gzipSync(layer).subarray(0, -8), Buffer.alloc(8)])),
    words: /gzip/,
    attack: 'taken',
  },
  'a layer of zstd that ends early': {
    archive: () => withLayer(zstdCompressSync(layer).subarray(0, 40)),
    words: /zstd|unexpected EOF|invalid diffID/,
    attack: 'taken',
  },
  'a layer that is no bzip2': {
    archive: () => withLayer(Buffer.from('BZh91AY&SY nothing')),
    words: /bzip2: |exec: "bzip2"/,
    attack: 'taken',
  },
  'an archive that swells to zeros': { archive: bomb, words: /manifest.json: no such file/, attack: 'swells' },
  'a layer that swells to zeros': { archive: () => withLayer(bomb()), words: /invalid diffID/, attack: 'swells' },
};

/** Image archives that want to harm whoever loads them. */
export const hostileImages: Record<string, HostileImage> = { ...paths, ...documents, ...layouts, ...compressed };
export { docker as dockerArchive, oci as ociArchive };
