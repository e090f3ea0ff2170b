import type { Check, Damage } from '../kit/index.ts';
import type { IdMapping } from './containers/owners.ts';

/** One file that a writable layer has otherwise than the layers below; a path begins with a slash. */
export interface Change {
  path: string;
  kind: 'modified' | 'added' | 'deleted';
}

/** An uncompressed layer tar, the digest it must have, and the layers below it, lowest first. */
export interface LayerTar {
  diffId?: string;
  parents: string[];
  tar: AsyncIterable<Uint8Array>;
  /** Nobody knows yet what it will stand on: where it matters, that is a `conflict`. */
  alone?: true;
  /** The digest of the tar, where somebody else hashes the same bytes; it may come later than they do. */
  digest?: Promise<string>;
}

/** What writable layers once were, by the container and a name that begins with a letter or digit. */
export interface FrozenLayers {
  /**
   * Keeps a container's writable layer as it is, which nobody writes to meanwhile; its bytes. `conflict` where there is one of that
   * name. A kill leaves it whole or not at all.
   */
  freeze(id: string, name: string): Promise<number>;
  /**
   * Makes the writable layer what it was then; nobody may have it mounted. A kill leaves one or the other, whole.
   */
  rollBack(id: string, name: string): Promise<void>;
  /** Removes what is kept under a name; idempotent. */
  drop(id: string, name: string): void;
  /** What there is of a container. */
  names(id: string): string[];
}

/** Layers on disk, and the writable layer of each container on top of them. */
export interface Snapshots {
  /** What `docker info` calls the driver: `overlay2`. */
  readonly driver: string;
  /** Whether the layer is unpacked for a stack in which `parents` (lowest first) are below it. */
  hasLayer(diffId: string, parents: string[]): boolean;
  /**
   * Unpacks one uncompressed layer tar, whose digest must be `diffId` if that is given; `parents` are the layers below it,
   * lowest first (looked at only for what the tar implies but does not list; ask for the lower layers first, then several may
   * be under way). Idempotent, the tar of a layer that is there is not read; nothing half-unpacked is ever seen as there.
   */
  applyLayer(layer: LayerTar): Promise<{ diffId: string; size: number }>;
  /** Removes the layer, once no container stands on it any more. */
  removeLayer(diffId: string): Promise<void>;
  /** Bytes of all the layer's files. */
  layerSize(diffId: string, parents: string[]): number;
  /**
   * Makes the empty writable layer of a container; `layers` lowest first. With `places: 'below'` the engine's mount points lie under
   * all of them, so that a step of a build sees them only where the layers have nothing. With `ids` its files have the host's ids that
   * stand for the container's, and through `mount` the layers' files, which are shared, have them, too.
   */
  create(id: string, layers: string[], options?: { places?: 'below' | 'none'; ids?: IdMapping }): Promise<void>;
  /**
   * Makes a layer of the writable layer of `id`, which nobody may have mounted any more. It is called by the name that is returned
   * (`draft:…`, wherever layers are named) until `nameLayer`, and after.
   */
  keep(id: string): Promise<string>;
  /** The topmost layer of a stack (lowest first) as a tar, whiteouts and all; a piece of it is good until the next is asked for. */
  packLayer(stack: string[]): AsyncIterable<Uint8Array>;
  /** The tar of one layer that makes the stack `layers` of the stack `below`, which it begins with. */
  packDifference(layers: string[], below: string[]): AsyncIterable<Uint8Array>;
  /** From now on a draft is found by its digest too, which is the last of the stack it stands in. */
  nameLayer(draft: string, stack: string[]): void;
  /**
   * The container's root as a detached mount (O_CLOEXEC fd, the caller closes it). Nothing is mounted on the host. On `overlay2` all its
   * files have the SELinux label, if one is given.
   */
  mount(id: string, options: { volatile: boolean; label?: string | undefined }): number;
  /** Paths as `docker inspect` shows them in GraphDriver.Data. */
  describe(id: string): Record<string, string>;
  /** The same for an image of those layers, lowest first. */
  describeLayers(layers: string[]): Record<string, string>;
  /**
   * The container's root as it is now, read only and without anything mounted in it, also while it runs; a detached mount or an
   * open directory (O_CLOEXEC fd, the caller closes it). Owners are the container's own ids, or with `as: 'host'` as in `mount`.
   */
  view(id: string, as?: 'host'): number;
  /** An image's tree, read only (layers lowest first), as a detached mount, with owners and (as in `mount`) the label as told; the caller closes the fd. */
  viewImage(layers: string[], ids?: IdMapping, label?: string): number;
  /**
   * What a container's root has at an absolute path, open for reading (the caller closes it), where one layer alone has it and the way
   * there is plain; otherwise undefined: the root has it. Owners are the container's own ids. What overlays mark as hidden may be in it.
   */
  soleDirectory(id: string, path: string): Promise<number | undefined>;
  /** What the writable layer changes, in the order of the paths. */
  changes(id: string): Promise<Change[]>;
  /** The writable layer as a layer's tar, whiteouts and all: of the same tree always the same bytes. */
  diff(id: string): AsyncIterable<Uint8Array>;
  /** Bytes in the writable layer. */
  size(id: string): Promise<number>;
  readonly frozen: FrozenLayers;
  /** Removes the writable layer of a container, and what is kept of earlier ones; idempotent. */
  remove(id: string): Promise<void>;
  /** At the engine's start: removes of containers' and images' layers, and of frozen ones, what `known` denies. */
  sweep(known: {
    container?: (id: string) => boolean;
    layer?: (diffId: string) => boolean;
    frozen?: (id: string, name: string) => boolean;
  }): Promise<void>;
  /** What lies where no layer has it, and what layers lack beside their files. */
  check: Check;
  /**
   * What is wrong with the files of an unpacked layer, undefined where they are as they were. The tar is read if that was never done
   * before, and with `full`, which compares every byte.
   */
  checkLayer(layer: LayerTar, options: { full: boolean }): Promise<string | undefined>;
  /** Unpacks a layer again in place of the tree that is there. No container of it may be mounted. */
  replaceLayer(layer: LayerTar): Promise<void>;
  /** What is wrong with the writable layer of a container that stands on these layers, lowest first. */
  checkContainer(id: string, layers: string[]): Iterable<Damage>;
  /** Writable layers, and frozen ones, that belong to no known container. */
  checkOrphans(known: (id: string) => boolean): Iterable<Damage>;
  /** The diffIDs of the unpacked layers, and when each was unpacked (in milliseconds). */
  unpacked(): { diffId: string; at: number }[];
  /** What was removed is out of sight at once and freed in the background; resolves when all of that is done. */
  settled(): Promise<void>;
}
