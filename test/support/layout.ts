import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Descriptor, digestOf, mediaTypes, type Platform } from '../../src/oci/index.ts';
import { makeTar } from '../../src/oci/tar/make-tar.ts';

/**
 * An OCI layout with one image of busybox for several platforms (`os/architecture[/variant]`; the program is this machine's in each, and
 * `/platform` says which it is), called `1`, and with `attestation` what a builder says of the first. Returns the list's digest.
 */
export function makeLayout(
  directory: string,
  { platforms, attestation = false }: { platforms: string[]; attestation?: boolean },
): string {
  mkdirSync(join(directory, 'blobs/sha256'), { recursive: true });
  const put = (content: Uint8Array | string, mediaType: string): Descriptor => {
    const bytes = Buffer.from(content);
    const digest = digestOf(bytes);
    writeFileSync(join(directory, 'blobs', digest.replace(':', '/')), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const image = (config: object, layers: Descriptor[]): Descriptor =>
    put(
      // Laid out as no program here does it: who writes it anew is found out.
      JSON.stringify(
        {
          schemaVersion: 2,
          mediaType: mediaTypes.ociManifest,
          config: put(JSON.stringify(config), mediaTypes.ociConfig),
          layers,
        },
        null,
        1,
      ),
      mediaTypes.ociManifest,
    );
  const busybox = makeTar([{ name: 'bin/busybox', data: readFileSync('/bin/busybox'), mode: 0o755 }]);
  const manifests = platforms.map((text): Descriptor => {
    const platform = platformIn(text);
    const tars = [busybox, makeTar([{ name: 'platform', data: `${text}\n` }])];
    const layers = tars.map((tar) => put(gzipSync(tar), `${mediaTypes.ociLayer}+gzip`));
    const rootfs = { type: 'layers', diff_ids: tars.map((tar) => digestOf(tar)) };
    const created = '2024-01-02T03:04:05Z';
    const history = [
      { created, created_by: 'busybox' },
      { created, created_by: text },
    ];
    const config = {
      ...platform,
      created,
      config: { Cmd: ['/bin/busybox', 'sh'], Labels: { platform: text } },
      rootfs,
      history,
    };
    return { ...image(config, layers), platform };
  });
  const [first] = manifests;
  if (attestation && first) manifests.push(attest(first, { put, image }));
  const list = put(
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }, null, 1),
    mediaTypes.ociIndex,
  );
  const annotations = { 'org.opencontainers.image.ref.name': '1' };
  writeFileSync(
    join(directory, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...list, annotations }] }),
  );
  writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return list.digest;
}

function attest(
  of: Descriptor,
  {
    put,
    image,
  }: {
    put: (content: string, type: string) => Descriptor;
    image: (config: object, layers: Descriptor[]) => Descriptor;
  },
): Descriptor {
  const statement = put('{"_type":"https://in-toto.io/Statement/v0.1"}', 'application/vnd.in-toto+json');
  const unknown = { architecture: 'unknown', os: 'unknown' };
  const rootfs = { type: 'layers', diff_ids: [statement.digest] };
  const annotations = { 'vnd.docker.reference.digest': of.digest, 'vnd.docker.reference.type': 'attestation-manifest' };
  return { ...image({ ...unknown, config: {}, rootfs }, [statement]), annotations, platform: unknown };
}

function platformIn(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/');
  return { architecture, os, ...(variant && { variant }) };
}
