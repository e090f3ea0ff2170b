import { expect, test } from 'bun:test';
import { digestOf, mediaTypes } from '../../oci/index.ts';
import { checkKinds, readConfig, readDocument } from './documents.ts';

const one = { mediaType: mediaTypes.dockerLayer, digest: digestOf('layer'), size: 5 };
const config = { mediaType: mediaTypes.dockerConfig as string, digest: digestOf('config'), size: 6 };
const manifest = { schemaVersion: 2, mediaType: mediaTypes.dockerManifest as string, config, layers: [one] };

function read(document: unknown, mediaType: string = mediaTypes.dockerManifest) {
  const bytes = Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
  return readDocument({ mediaType, digest: digestOf(bytes), bytes });
}

test('manifests and lists, also of registries that know no types', () => {
  expect(read(manifest)).toMatchObject({ kind: 'image', image: { config, layers: [one] } });
  expect(read(manifest, 'application/json')).toMatchObject({
    kind: 'image',
    image: { manifest: { mediaType: mediaTypes.dockerManifest } },
  });
  expect(read({ schemaVersion: 2, manifests: [one] }, mediaTypes.ociIndex)).toEqual({
    kind: 'index',
    manifests: [one],
  });
  expect(read({ schemaVersion: 1 }, 'application/vnd.docker.distribution.manifest.v1+prettyjws').kind).toBe('schema1');
});

const refused: [what: string, read: () => unknown, words: string][] = [
  ['nothing', () => read(''), 'unexpected end of JSON input'],
  ['a list', () => read('[]'), 'cannot unmarshal'],
  ['a page', () => read('<html>', 'text/html'), "error unmarshalling content: invalid character '<'"],
  ['no type', () => read(manifest, ''), 'missing or empty Content-Type header'],
  [
    'two types',
    () => read(manifest, mediaTypes.ociManifest),
    `mediaType in manifest should be '${mediaTypes.ociManifest}' not '${mediaTypes.dockerManifest}'`,
  ],
  [
    'a plugin',
    () => read({ ...manifest, config: { ...config, mediaType: 'application/vnd.docker.plugin.v1+json' } }),
    'Encountered remote "application/vnd.docker.plugin.v1+json"(plugin) when fetching',
  ],
  [
    'a digest that is none',
    () => read({ ...manifest, layers: [{ ...one, digest: 'sha256:../../x' }] }),
    'invalid checksum digest format',
  ],
  ['a size that is none', () => read({ ...manifest, layers: [{ ...one, size: -1 }] }), 'is no size'],
  ['no config', () => read({ ...manifest, config: undefined }), 'invalid checksum digest format'],
  [
    'a config that is none',
    () => readConfig(Buffer.from('hello'), 1),
    "invalid character 'h' looking for beginning of value",
  ],
  [
    'a config of another system',
    () => readConfig(Buffer.from('{"os":"plan9"}'), 1),
    'image operating system "plan9" cannot be used',
  ],
  ['a config without layers', () => readConfig(Buffer.from('{}'), 0), 'invalid rootfs in image configuration'],
  ['fewer layers', () => readConfig(Buffer.from('{"rootfs":{"diff_ids":[]}}'), 1), "layers from manifest don't match"],
  [
    'an artifact',
    () => kinds({ config: { ...config, mediaType: 'application/vnd.x' } }),
    'unsupported media type application/vnd.x',
  ],
  ['a layer of another type', () => kinds({ layers: [{ ...one, mediaType: 'a/b' }] }), 'unsupported media type a/b'],
];

function kinds(change: object): void {
  const found = read({ ...manifest, mediaType: mediaTypes.ociManifest, ...change }, mediaTypes.ociManifest);
  if (found.kind === 'image') checkKinds(found.image);
}

for (const [what, work, words] of refused) {
  test(`${what} is refused`, () => {
    expect(work).toThrow(words);
  });
}
