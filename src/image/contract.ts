import type {
  DistributionInspect,
  HistoryResponseItem,
  ImageDeleteResponseItem,
  ImageInspect,
  ImageSummary,
  JSONMessage,
} from '../api/index.ts';
import type { Check } from '../kit/index.ts';
import type { ImageConfig, ImageRunConfig, Platform, Reference } from '../oci/index.ts';
import type { Credentials } from '../registry/index.ts';
import type { StagedBlob, Tx } from '../store/index.ts';
import type { Lease } from './records/garbage.ts';

export interface Image {
  /** The digest of its config, `sha256:…`. */
  id: string;
  config: ImageConfig;
  /** diffIDs, lowest first. */
  layers: string[];
}

/** `name` is the name that was given or, as in Docker's events, the id; what concerns no single image has none. `labels` are the image's. */
export interface ImageEvent {
  action: string;
  id: string;
  name?: string;
  labels: Record<string, string>;
}

export interface Images {
  /**
   * By name, name@digest, id or unique prefix of it; otherwise `notFound`: `No such image: x:latest`. A name that stands for several
   * platforms is the image of the one asked for, otherwise of the one that suits this host best.
   */
  resolve(reference: string, platform?: Platform): Image;
  /** The ids of all images that a name stands for, of each platform one; that of `resolve` is the first. */
  platforms(reference: string): string[];
  /** The ids of what was committed on that image, on what was committed on it, and so on. */
  descendants(id: string): string[];
  /** `containerCount`: how many containers use each (API 1.51); otherwise -1. `manifests`: the platforms of each. */
  list(options: {
    all: boolean;
    filters: Record<string, string[]>;
    sharedSize: boolean;
    containerCount?: boolean;
    manifests?: boolean;
  }): Promise<ImageSummary[]>;
  /** Bytes of all layers of all images, those that several share counted once. */
  layersSize(): number;
  inspect(reference: string, options?: { platform?: Platform; manifests?: boolean }): Promise<ImageInspect>;
  /** Newest first. */
  history(reference: string, platform?: Platform): HistoryResponseItem[];
  /** A name that stands for several platforms gives the new one all of them. */
  tag(source: string, repository: string, tag: string): void;
  /**
   * Untags, and deletes what nothing else needs. A container's use is known by the store's references. With `platforms` only these of
   * several; without the last of them the image goes.
   */
  remove(
    reference: string,
    options: { force: boolean; prune: boolean; platforms?: Platform[] },
  ): Promise<ImageDeleteResponseItem[]>;
  /**
   * Docker's or OCI's archive, gzip or zstd or plain; yields Docker's progress messages; a broken one leaves no trace. Of a platform that
   * is asked for only its images, otherwise all that are in the archive.
   */
  load(
    archive: AsyncIterable<Uint8Array>,
    options: { quiet: boolean; platform?: Platform },
  ): AsyncIterable<JSONMessage>;
  /** One file system tar becomes an image of one layer; yields progress, last its id. */
  import(
    tar: AsyncIterable<Uint8Array>,
    options: { repository: string; tag: string; message: string; changes: string[]; platform?: string; source: string },
  ): AsyncIterable<JSONMessage>;
  /** The same of what a URL names; progress says how much of it has come. */
  importUrl(
    url: string,
    options: Omit<Parameters<Images['import']>[1], 'source'> & { signal: AbortSignal },
  ): AsyncIterable<JSONMessage>;
  /** Refuses, in Docker's words, what cannot be the name of a new image. */
  checkName(repository: string, tag: string): void;
  /**
   * Brings images from their registry, with Docker's progress messages: one by tag or digest, without either all tags. Downloads that
   * break are gone on with, also by the next engine; equal ones are shared.
   */
  pull(request: PullRequest): AsyncIterable<JSONMessage>;
  /**
   * Sends an image to its registry, without a tag all of its repository, with Docker's progress messages. What was pulled goes as it
   * came, so that its digest stays: a list of several platforms where all of it is here, otherwise the image for this host.
   */
  push(request: PushRequest): AsyncIterable<JSONMessage>;
  /** What its registry has under a name: descriptor and platforms, as `docker manifest` and builders ask. */
  remote(request: PullRequest): Promise<DistributionInspect>;
  /** An image with its layers, lowest first: their bytes as they came, and the bytes of all files in each. */
  stack(reference: string, platform?: Platform): { id: string; config: ImageConfig; layers: StackLayer[] };
  /** Makes an image of a whole config and layers that are here, unpacked and as blobs; its id. */
  assemble(request: AssembleRequest): Promise<string>;
  /** Makes a list of images that are here, of each platform one, with manifests of their layers compressed; the list's digest. */
  assembleList(request: { images: string[]; names: string[]; signal: AbortSignal }): Promise<string>;
  /** Holds blobs and layers that nothing names yet; whoever asks releases it. */
  lease(): Lease;
  /** Deletes those of these blobs (`blob:…`) and layers (`layer:…`) that nobody needs any more. */
  drop(targets: string[]): Promise<void>;
  /** Makes an image of another's layers and one more; its id. Its name, if it gets one, is `name`. */
  commit(options: CommitRequest): Promise<{ id: string; name?: string }>;
  /**
   * An archive that Docker and OCI tools load, with these images and all their layers; a repository without a tag stands for all
   * its tags. Layers, manifests and lists of them stay as they came. What is saved cannot vanish before the archive has ended.
   */
  save(references: string[], platform?: Platform): AsyncIterable<Uint8Array>;
  /** Removes what has no name (`dangling=false`: what no container uses); filters `until`, `label`, `label!`. */
  prune(
    filters: Record<string, string[]>,
  ): Promise<{ ImagesDeleted: ImageDeleteResponseItem[]; SpaceReclaimed: number }>;
  /** Tag, untag, delete, import and load, as Docker's events name them. */
  subscribe(listener: (event: ImageEvent) => void): () => void;
  /**
   * Called at the engine's start: removes blobs and layers that no image names, and unpacks again those layers that an image
   * names and that are missing.
   */
  collect(): Promise<void>;
  /** Images, names, layers and blobs with all that they need of each other. */
  check: Check;
}

export interface StackLayer {
  diffId: string;
  /** The digest of its bytes as they came. */
  blob: string;
  size: number;
}

export interface AssembleRequest {
  config: ImageConfig;
  /** Lowest first, those of `config.rootfs`. */
  layers: StackLayer[];
  /** Bytes of theirs that are kept with the image. */
  staged?: StagedBlob[];
  /** All names that it gets. */
  names: string[];
  /** What else is written down in the same transaction. */
  also?: (tx: Tx) => void;
}

export interface PullRequest {
  /** Without tag and digest all tags are meant. */
  reference: Reference;
  /** Otherwise this host's; of a list of several platforms these are kept beside those that are here, with `all` whatever it names. */
  platforms?: Platform[] | 'all';
  credentials?: Credentials;
  /** Aborts when nobody waits for it any more. */
  signal: AbortSignal;
}

export type PushRequest = Omit<PullRequest, 'platforms'> & {
  /** Of a list only the image for that platform, as an image of its own. */
  platform?: Platform;
};

export interface CommitRequest {
  /** The image that the container stands on. */
  parent: string;
  /** The container's changes as a layer's tar. */
  layer: AsyncIterable<Uint8Array>;
  /** What the image's containers run with. */
  config: ImageRunConfig;
  container: { id: string; config: ImageRunConfig };
  author: string;
  comment: string;
  /** Where the name is empty the image gets none. */
  repository: string;
  tag: string;
}
