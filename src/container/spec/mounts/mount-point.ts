/** One thing mounted into a container, resolved from Binds, Mounts or the image's volumes; durable, JSON. */
export interface MountPoint {
  type: 'bind' | 'volume' | 'tmpfs' | 'image';
  destination: string;
  /** bind: the path on the host. volume: where its files lie, filled in by whoever makes the volume. tmpfs: empty. */
  source: string;
  /** volume: its name; empty for an anonymous one that is yet to be made. */
  name: string;
  driver: string;
  driverOptions: Record<string, string>;
  labels: Record<string, string>;
  /** As the user wrote it in `-v`, for `inspect`. */
  mode: string;
  rw: boolean;
  /** bind: empty as long as nobody has said any; see settlePropagation. */
  propagation: string;
  /** bind: nobody asked for that propagation, and where the host's mount has no such thing, nothing is meant by it. */
  propagationImplied?: boolean;
  /** volume: what the image has at the destination is copied into it while it is empty. */
  copy: boolean;
  /** bind: make the directory on the host if it is missing. */
  createSource: boolean;
  nonRecursive: boolean;
  readOnlyNonRecursive: boolean;
  /** tmpfs: mount options beside the engine's own. */
  tmpfs: string[];
  /** volume, image: the part of it that is mounted; a relative path. */
  subpath?: string;
  /** Of a volume with a subpath: where that lies on the host for the time of a start. */
  part?: string;
  /** image: its layers, lowest first, and its id; `name` is how the user called it. */
  layers?: string[];
  imageId?: string;
  /** bind, volume: whose files are seen as whose; empty for the source's owner as the container's user. See spec/mount-owners.ts. */
  idMap?: string;
  /** bind, volume: whose the files become at each start; empty for the container's user. */
  chown?: string;
  /** It is another container's, by `--volumes-from`. */
  inherited?: boolean;
}
