import { type Descriptor, digestOf, type Manifest, mediaTypes, type Platform } from '../../../oci/index.ts';
import { formatJson } from '../../format/json.ts';

/** An image's manifest with what is said of it in a list, as Docker keeps it in its files. */
export interface ListedManifest {
  /** The whole name that it was fetched by. */
  Ref: string;
  Descriptor: Descriptor & { platform: Platform };
  /** The manifest as it came, in base64. */
  Raw: string;
  SchemaV2Manifest?: Manifest;
  OCIManifest?: Manifest;
}

/** A manifest under the field of its kind. */
export function listed(Ref: string, Descriptor: ListedManifest['Descriptor'], bytes: Uint8Array): ListedManifest {
  const document = JSON.parse(Buffer.from(bytes).toString()) as Manifest;
  const kind = Descriptor.mediaType === mediaTypes.ociManifest ? 'OCIManifest' : 'SchemaV2Manifest';
  return { Ref, Descriptor, Raw: Buffer.from(bytes).toString('base64'), [kind]: document };
}

export function documentOf({ OCIManifest, SchemaV2Manifest }: ListedManifest): Manifest {
  const document = OCIManifest ?? SchemaV2Manifest;
  if (!document) throw new Error('manifest is neither of Docker nor of OCI');
  return document;
}

/** What of a platform is set, its fields in the order in which Go writes them. */
export function platformOf(platform: Partial<Platform> | undefined): Platform {
  const { architecture = '', os = '', variant } = platform ?? {};
  const version = platform?.['os.version'];
  const features = platform?.['os.features'];
  return {
    architecture,
    os,
    ...(version && { 'os.version': version }),
    ...(features && features.length > 0 && { 'os.features': features }),
    ...(variant && { variant }),
  };
}

/** The list of these manifests, byte for byte as Docker makes it. */
export function listOf(manifests: Pick<ListedManifest, 'Descriptor'>[]): {
  mediaType: string;
  text: string;
  digest: string;
} {
  const isOci = manifests[0]?.Descriptor.mediaType === mediaTypes.ociManifest;
  const mediaType = isOci ? mediaTypes.ociIndex : mediaTypes.dockerIndex;
  const entries = manifests.map(({ Descriptor: { mediaType, size, digest, platform } }) => ({
    mediaType,
    size,
    digest,
    platform: platformOf(platform),
  }));
  const text = indented({ schemaVersion: 2, mediaType, manifests: entries }, '   ');
  return { mediaType, text, digest: digestOf(Buffer.from(text)) };
}

/** JSON on lines, as Go writes it. */
export function indented(value: unknown, indent: string): string {
  return JSON.stringify(JSON.parse(formatJson(value)), null, indent).replace(/[<>&]/g, escaped);
}

function escaped(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
