import type { ContainerCreateRequest } from '../../api/index.ts';
import type { Fill, HandOver } from '../../snapshot/index.ts';

/** What is at a path in a container, as the header `X-Docker-Container-Path-Stat` tells it. */
export interface PathStat {
  name: string;
  size: number;
  /** Go's file mode: permission bits, and what kind of file it is from the highest bit down. */
  mode: number;
  /** RFC 3339. */
  mtime: string;
  /** Where a symlink leads in the end, within the container. */
  linkTarget: string;
}

/** A directory that a client of this machine has open, who may do with its files whatever the engine may. */
export interface OpenPlace {
  /** The directory that is copied, or the one that gets a directory of that name. Stays the caller's. */
  directory: number;
  /** One word of a path, a byte string; with `.` the contents alone are meant. */
  name: string;
  /** The client has left. */
  signal: AbortSignal;
  /** Told now and then how large an archive would be until here. */
  progress(bytes: number): void;
}

/** A file that a client of this machine has, open for reading; it stays the caller's. */
export interface OpenFile {
  fd: number;
  /** Its own name, a byte string. */
  name: string;
}

/** A tar, and what is at its path. */
interface Archive {
  stat: PathStat;
  archive: AsyncIterable<Uint8Array>;
}

/** Files in and out of containers, running or not. */
export interface ContainerFiles {
  /** `path` as in `docker cp`: one that ends with a slash or `/.` means the directory. */
  statPath(reference: string, path: string): Promise<PathStat>;
  /** What is at the path and below it, as a tar; volumes and binds are part of it. Nothing is held once `archive` has ended. */
  readArchive(reference: string, path: string, handOver?: HandOver): Promise<Archive>;
  /**
   * The same, but that a directory goes into the client's at once: `copied` has the size that its archive would have, or fails where
   * only an archive will do, and then some of it may be there already.
   */
  copyOut(
    reference: string,
    path: string,
    options: { handOver: HandOver; into: OpenPlace },
  ): Promise<Archive | { stat: PathStat; copied: Promise<number> }>;
  /** Unpacks a tar (gzip, zstd or plain) in the directory `path`. No entry gets out of the container, nor through a symlink out of it. */
  writeArchive(
    reference: string,
    options: {
      path: string;
      archive: AsyncIterable<Uint8Array>;
      /** A directory is not replaced by a file, nor the other way round. */
      noOverwriteDirNonDir: boolean;
      /** Everything belongs to the container's user. */
      copyUIDGID: boolean;
      /** What fills a file whose contents are not in the archive (`elsewhere`); without it, it has those of the archive. */
      fetch?: (elsewhere: string) => Fill;
    },
  ): Promise<void>;
  /**
   * As `writeArchive` of an archive of that directory under that name, with `noOverwriteDirNonDir`; resolves to the size that it would have
   * had. Fails where only an archive will do, and then some of it may be there already.
   */
  copyIn(reference: string, options: { path: string; from: OpenPlace; copyUIDGID: boolean }): Promise<number>;
  /**
   * Copies one file to where `cp` would. Fails where it is not the plain case, a place that is missing for example, and nothing has
   * happened then but that what is in the way may be gone.
   */
  copyFileIn(reference: string, options: { path: string; from: OpenFile; copyUIDGID: boolean }): Promise<void>;
  /** The whole root without what is mounted in it, as a tar. */
  exportRoot(reference: string): Promise<AsyncIterable<Uint8Array>>;
  changes(reference: string): Promise<{ Path: string; Kind: 0 | 1 | 2 }[]>;
  /** Makes an image of the container as it is; its id. */
  commit(reference: string, options: CommitOptions): Promise<string>;
}

export interface CommitOptions {
  repository: string;
  tag: string;
  comment: string;
  author: string;
  /** Nothing in the container runs while its files are read. */
  pause: boolean;
  /** Dockerfile instructions. */
  changes: string[];
  /** Settings for the image; what they do not say is the container's. */
  config?: Omit<ContainerCreateRequest, 'HostConfig' | 'NetworkingConfig'>;
}
