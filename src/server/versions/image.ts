import type { ImageInspect, ImageSummary } from '../../api/index.ts';
import { olderThan } from '../../api/index.ts';
import { emptyConfig, emptyContainerFields } from '../../oci/index.ts';

/** An image's inspection as a client of that version expects it. */
export function shapeImage(image: ImageInspect, version: string): Record<string, unknown> {
  const shaped: Record<string, unknown> = { ...image };
  if (olderThan(version, '1.50')) shaped.Config = { ...emptyContainerFields, ...image.Config };
  if (olderThan(version, '1.48')) {
    delete shaped.Manifests;
    delete shaped.Descriptor;
  }
  if (olderThan(version, '1.45')) shaped.ContainerConfig = emptyConfig;
  if (olderThan(version, '1.44')) shaped.VirtualSize = image.Size;
  return shaped;
}

/** A line of the list, likewise. Dangling images had `<none>` names, and lists without names were null. */
export function shapeImageSummary(image: ImageSummary, version: string): Record<string, unknown> {
  const shaped: Record<string, unknown> = { ...image };
  if (olderThan(version, '1.48')) delete shaped.Descriptor;
  if (olderThan(version, '1.47')) delete shaped.Manifests;
  if (olderThan(version, '1.44')) shaped.VirtualSize = image.Size;
  if (olderThan(version, '1.43')) {
    const dangling = (image.RepoTags ?? []).length === 0 && (image.RepoDigests ?? []).length === 0;
    shaped.RepoTags = dangling ? ['<none>:<none>'] : image.RepoTags;
    if (dangling) shaped.RepoDigests = ['<none>@<none>'];
    else if (image.RepoDigests?.length === 0) shaped.RepoDigests = null;
  }
  return shaped;
}
