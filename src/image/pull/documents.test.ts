import { expect, test } from 'bun:test';
import { createRandom, type Random } from '../../../test/support/random.ts';
import { EngineError } from '../../kit/index.ts';
import { digestOf, isDigest, mediaTypes } from '../../oci/index.ts';
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

test('a config without layers says so in any of three ways', () => {
  for (const text of ['{"rootfs":{}}', '{"rootfs":{"diff_ids":null}}', '{"rootfs":{"diff_ids":[]}}']) {
    expect(readConfig(Buffer.from(text), 0).rootfs.diff_ids).toEqual([]);
  }
});

function kinds(change: object): void {
  const found = read({ ...manifest, mediaType: mediaTypes.ociManifest, ...change }, mediaTypes.ociManifest);
  if (found.kind === 'image') checkKinds(found.image);
}

for (const [what, work, words] of refused) {
  test(`${what} is refused`, () => {
    expect(work).toThrow(words);
  });
}

const junk: unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  2 ** 60,
  '',
  'x',
  '\0',
  '../..',
  'sha256:',
  [],
  {},
  [null],
  [[]],
  { size: {} },
];

/** One value anywhere in a document becomes another, goes, or comes twice. */
function mutated(document: unknown, random: Random): unknown {
  if (document === null || typeof document !== 'object' || random.chance(0.1)) return random.pick(junk);
  const isList = Array.isArray(document);
  const entries = Object.entries(document);
  const at = random.below(entries.length + 1);
  const [key, value] = entries[at] ?? ['more', random.pick(junk)];
  if (random.chance(0.1)) entries.splice(at, 1);
  else entries[at] = [key, mutated(value, random)];
  return isList ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

test('no mutation of a manifest does worse than an error in words', () => {
  const seed = Number(process.env.TUG_FUZZ_SEED ?? Date.now() % 1_000_000);
  const random = createRandom(seed);
  const platform = { os: 'linux', architecture: 'amd64' };
  const list = { schemaVersion: 2, mediaType: mediaTypes.ociIndex as string, manifests: [{ ...one, platform }] };
  const image = { os: 'linux', architecture: 'amd64', config: { Env: ['A=b'] }, rootfs: { diff_ids: [one.digest] } };
  const readers: [source: object, reader: (text: string) => void][] = [
    [manifest, (text) => readWhole(text, mediaTypes.dockerManifest)],
    [manifest, (text) => readWhole(text, 'application/json')],
    [list, (text) => readWhole(text, mediaTypes.ociIndex)],
    [image, (text) => readConfig(Buffer.from(text), 1)],
  ];
  const rounds = Number(process.env.TUG_FUZZ_ROUNDS ?? 500);
  let accepted = 0;
  for (let round = 0; round < rounds; round++) {
    const [source, reader] = random.pick(readers);
    let document: unknown = source;
    for (let n = random.below(3); n >= 0; n--) document = mutated(document, random);
    const text = JSON.stringify(document);
    const sent = random.chance(0.2) ? text.slice(0, random.below(text.length + 1)) : text;
    try {
      reader(sent);
      accepted++;
    } catch (error) {
      if (!(error instanceof EngineError)) throw new Error(`seed ${seed}, round ${round}: ${sent}`, { cause: error });
    }
  }
  // It is neither all refused nor all let through.
  expect(accepted).toBeGreaterThan(0);
  expect(accepted).toBeLessThan(rounds);
}, 3_600_000);

function readWhole(text: string, mediaType: string): void {
  const found = read(text, mediaType);
  if (found.kind !== 'image') return;
  for (const { digest, size } of [found.image.config, ...found.image.layers]) {
    expect([isDigest(digest), size >= 0]).toEqual([true, true]);
  }
  checkKinds(found.image);
}
