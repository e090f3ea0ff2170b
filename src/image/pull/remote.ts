import type { DistributionInspect } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import { type ImageConfig, mediaTypes, type Reference, withDefaultTag } from '../../oci/index.ts';
import type { FetchedManifest, Registry, Repository } from '../../registry/index.ts';
import type { PullRequest } from '../contract.ts';
import { type RemoteDocument, type RemoteImage, readDocument } from './documents.ts';

const configMost = 8 << 20;

/** What a registry has under a name; see Images.remote. */
export function remoteImage(
  registry: Registry,
  { reference, credentials, signal }: PullRequest,
): Promise<DistributionInspect> {
  const name = withDefaultTag(reference);
  const access = { access: 'inspect' as const, signal, ...(credentials && { credentials }) };
  return registry.at(name, access, async (repository) => {
    const fetched = await repository.manifest(wanted(name));
    const document = readDocument(fetched);
    return { Descriptor: described(fetched, document), Platforms: await platforms(repository, document, signal) };
  }) as Promise<DistributionInspect>;
}

function wanted({ tag, digest }: Reference): string {
  return digest ?? tag ?? 'latest';
}

function described({ mediaType, digest, bytes }: FetchedManifest, document: RemoteDocument) {
  const type = document.kind === 'image' ? document.image.manifest.mediaType : mediaType;
  return { mediaType: type, digest, size: bytes.length };
}

/** Of a list all that it names; of one image, where its config is Docker's, that of the config. */
async function platforms(repository: Repository, document: RemoteDocument, signal: AbortSignal): Promise<unknown> {
  if (document.kind === 'index') {
    return document.manifests.map(({ platform }) => ({ architecture: '', os: '', ...platform }));
  }
  if (document.kind === 'schema1' || document.image.manifest.mediaType !== mediaTypes.dockerManifest) return null;
  const config = await fetchConfig(repository, document.image, signal);
  const { architecture = '', os = '', variant } = config;
  const version = config['os.version'];
  return [{ architecture, os, ...(version && { 'os.version': version }), ...(variant && { variant }) }];
}

async function fetchConfig(repository: Repository, { config }: RemoteImage, signal: AbortSignal): Promise<ImageConfig> {
  if (config.size > configMost) throw new EngineError('internal', 'the image config is too long');
  const { bytes } = await repository.blob(config.digest, { offset: 0, signal });
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of bytes) {
    size += piece.length;
    if (size > configMost) throw new EngineError('internal', 'the image config is too long');
    pieces.push(piece);
  }
  return JSON.parse(Buffer.concat(pieces).toString()) as ImageConfig;
}
