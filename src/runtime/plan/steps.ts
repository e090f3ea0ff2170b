/**
 * The launch plan: what the shim does, in order. TypeScript decides everything here; the shim only carries it out, and
 * refuses a plan whose steps are unknown, malformed or out of the order of the phases below.
 *
 * Paths named `target` lie in the container's new root: before `pivot` the shim opens them with openat2(RESOLVE_IN_ROOT)
 * under the root's fd, with `create` making what is missing (directories 0755, files 0644). Paths named `source` or `path`
 * of the other steps lie on the host. All numbers are the kernel's own (flags, ids, device numbers); sizes are bytes.
 */

/** Phase 1, in the shim: cgroups and their limits. The shim makes the directories, the child joins them itself. */
export type SetupStep =
  /** mkdir -p, mode 0755. The last component is removed (rmdir) once the container has ended. */
  | { op: 'cgroupMake'; path: string }
  /** One write(2) to a file on the host, for limits; `optional` ignores ENOENT and EINVAL-free absence only (ENOENT). */
  | { op: 'write'; path: string; value: string; optional: boolean }
  /** v1: the child writes `0` to this `tasks` file. */
  | { op: 'cgroupJoin'; tasks: string }
  /** v2 (also the `unified` hierarchy of a hybrid machine): clone3 with CLONE_INTO_CGROUP on this directory. At most one. */
  | { op: 'cgroupInto'; path: string }
  /** Files the shim reads at the end to know whether the OOM killer struck: v1 memory.oom_control, v2 memory.events. */
  | { op: 'oomWatch'; path: string }
  /** The cgroup whose processes the shim kills when init has gone or the shim itself must give up: `cgroup.procs` within it. */
  | { op: 'cgroupKill'; path: string }
  /**
   * v2: bpf(BPF_PROG_LOAD) of this eBPF program (8 bytes an instruction, licence "GPL", type BPF_PROG_TYPE_CGROUP_DEVICE 15), then
   * BPF_PROG_ATTACH to the cgroup directory (BPF_CGROUP_DEVICE 6, BPF_F_ALLOW_MULTI 2).
   */
  | { op: 'deviceProgram'; cgroup: string; program: Uint8Array };

/** Phase 2, in the shim: the new process. */
export type CloneStep =
  /** setns to the namespace at `path`; `type` is its CLONE_NEW* bit, checked against what the file is. */
  | { op: 'joinNamespace'; type: number; path: string }
  /**
   * exec only: setns to those namespaces (CLONE_NEW* bits) of the container's init by its pidfd, which the shim asks the
   * container's own shim for (socket in the directory whose fd was passed). The child's root and cwd become the container's.
   */
  | { op: 'joinInit'; types: number }
  /**
   * clone3 with these CLONE_NEW* flags. Exactly one. CLONE_NEWCGROUP among them is not given to clone3: the child unshares it once
   * it stands in its cgroups, since a cgroup namespace is rooted where its maker is.
   */
  | { op: 'clone'; flags: number }
  /** Contents for /proc/PID/uid_map and gid_map of a new user namespace, written by the shim. */
  | { op: 'idMap'; uid: string; gid: string };

/** Phase 3, in the shim while the child goes through phase 4: rtnetlink from the host's namespace. */
export type NetworkStep =
  /** Sent and acknowledged; the fd of the child's network namespace is put as a u32 at `netnsFdOffset` (-1: nowhere). */
  | { op: 'netHost'; message: Uint8Array; netnsFdOffset: number }
  /** The same from a socket the child opened in its own namespace. */
  | { op: 'netInside'; message: Uint8Array }
  /**
   * Sockets in the child's network namespace that answer at this IPv4 address (a number, host order) and port, UDP and TCP, without
   * having the port: a program of type SK_LOOKUP sends what comes there to them. What they hear goes to the engine's
   * `resolver.sock` in the exec root. After `netInside`: the loopback must be up.
   */
  | { op: 'resolver'; address: number; port: number }
  /** Listens on the reserved socket `slot` (TCP 6 or UDP 17) and passes everything on to that IPv4 address and port. */
  | { op: 'relay'; slot: number; protocol: number; address: number; port: number };

/** Phase 4, in the child: the file system. */
export type MountStep =
  /**
   * mount("/", `propagation`), in most cases MS_SLAVE | MS_REC; with shared propagation the mount that holds `at` is then made
   * MS_PRIVATE (or MS_SLAVE; walk up from `at` while mount(2) says EINVAL), so that nothing reaches the host. Then attaches the
   * detached root mount (the passed fd) on the directory `at` of the host, in the child's mount namespace only.
   */
  | { op: 'root'; at: string; propagation: number }
  /**
   * The mount at `source` in another mount namespace (the file `namespace`; no link on the way) is attached on the directory `at` of
   * the host, in the child's mount namespace only, for a `bind` of it.
   */
  | { op: 'share'; namespace: string; source: string; at: string }
  /** For a runtime: what is mounted at `at` is made private and goes, in the child's mount namespace only. */
  | { op: 'unmount'; at: string }
  /**
   * A new filesystem: fsopen(type), fsconfig each option (`value` null is a flag), fsmount(attributes), move_mount on target.
   * `tmpcopyup` copies the root's directory at target into it first (owners and modes kept). `mode` -1 (tmpfs): the mode of a directory
   * that was at target before becomes the option `mode`; otherwise it is 0 and without meaning. `propagation` (MS_*, perhaps with
   * MS_REC; 0: none) is set at the end. For proc and sysfs the target must be a real directory, no symlink on the way. A target
   * that turns out to lie on a procfs is refused unless the text of `target` begins with `/proc`: those were checked here.
   */
  | {
      op: 'mount';
      type: string;
      source: string;
      target: string;
      options: { key: string; value: string | null }[];
      attributes: number;
      tmpcopyup: boolean;
      mode: number;
      propagation: number;
    }
  /**
   * open_tree(source, OPEN_TREE_CLONE, AT_RECURSIVE if recursive), mount_setattr(set, clear; AT_RECURSIVE if recursiveAttributes;
   * propagation MS_PRIVATE…, with MS_REC where it is recursive, or 0), move_mount on target, which is made as a file or a directory
   * like the source if missing. Targets on procfs are refused as for `mount`.
   */
  | {
      op: 'bind';
      source: string;
      target: string;
      recursive: boolean;
      set: number;
      clear: number;
      recursiveAttributes: boolean;
      propagation: number;
    }
  /** Sets security.selinux of the directory at `target`; a file system without labels is left without. */
  | { op: 'relabel'; target: string; label: string }
  /** mount_setattr on the mount that is at `target`; before pivot as well as after it. */
  | { op: 'attributes'; target: string; set: number; clear: number; recursive: boolean }
  /** With missing parents (0755); an existing directory stays as it is. */
  | { op: 'mkdir'; target: string; mode: number }
  /** What already is at target stays, unless `replace` (it is unlinked first). */
  | { op: 'symlink'; text: string; target: string; replace: boolean }
  /** What already is at target stays. mknod (type `c`, `b`, `p`) then chmod and chown; in a user namespace, where mknod is refused, a bind of the host's node. */
  | {
      op: 'device';
      target: string;
      type: 'c' | 'b' | 'p';
      major: number;
      minor: number;
      mode: number;
      uid: number;
      gid: number;
    }
  /**
   * A program of the host's, before the pivot: its directory is the start's, where `config.json` is. On stdin it reads `head`, the
   * child's number on the host and `tail`; what does not end with 0, or not within `seconds` (0: whenever it likes), fails the start.
   */
  | { op: 'hook'; program: string; args: string[]; env: string[]; head: string; tail: string; seconds: number }
  /** With a tty: opens a pty in the container's own devpts, binds its slave on `target` (/dev/console), hands the master to the shim. */
  | { op: 'console'; target: string; uid: number }
  /** pivot_root(".", "."), the old root is detached, cwd is `/`. `readonly` makes the root mount read-only. `propagation` is then set on `/` (0: as it is). */
  | { op: 'pivot'; readonly: boolean; propagation: number }
  /** One write to the file `path` (relative: `net/ipv4/ip_forward`) under the new /proc/sys. */
  | { op: 'sysctl'; path: string; value: string }
  /**
   * A file gets /dev/null (which must be character device 1:3) bound over it, a directory an empty read-only tmpfs, which has the SELinux
   * `label` unless that is empty; absent is fine.
   */
  | { op: 'mask'; path: string; label: string }
  /** Recursive bind of the path on itself, made read-only; absent is fine. */
  | { op: 'readonly'; path: string }
  | { op: 'hostname'; name: string }
  | { op: 'domainname'; name: string };

/** Phase 5, in the child: it waits at the gate (network furnished, engine's commit), then gives up its powers. */
export type FinalStep =
  /**
   * keyctl(KEYCTL_JOIN_SESSION_KEYRING, name), then KEYCTL_SETPERM with `permissions` ORed to what KEYCTL_DESCRIBE tells; ENOSYS is fine.
   * Comes before the gate. `label`, if it is not empty, is written to /proc/self/attr/keycreate before.
   */
  | { op: 'keyring'; name: string; permissions: number; label: string }
  | { op: 'gate' }
  /** `resource` is the RLIMIT_* number. */
  | { op: 'rlimit'; resource: number; soft: bigint; hard: bigint }
  | { op: 'oomScoreAdj'; value: number }
  /** Written to /proc/self/attr/{exec or apparmor/exec} through a verified procfs fd. */
  | { op: 'label'; kind: 'apparmor' | 'selinux'; value: string }
  /** Before the ids change, so that a cwd which only root may enter works as in runc; tried again after them if EACCES. Made if missing (0755) when `create`. */
  | { op: 'cwd'; path: string; create: boolean }
  /** Bits to keep in the bounding set; all others are dropped. */
  | { op: 'boundingSet'; bits: bigint }
  /** setgroups, setresgid, setresuid (with capabilities kept across), umask if not -1. */
  | { op: 'ids'; uid: number; gid: number; groups: number[]; umask: number }
  | { op: 'capabilities'; effective: bigint; permitted: bigint; inheritable: bigint; ambient: bigint }
  | { op: 'noNewPrivileges' }
  /**
   * Classic BPF, 8 bytes an instruction; `flags` of SECCOMP_SET_MODE_FILTER. Without noNewPrivileges, loading takes CAP_SYS_ADMIN: the step
   * then stands straight before `boundingSet` (as in runc); with it, straight before `exec`.
   */
  | { op: 'seccomp'; program: Uint8Array; flags: number }
  /** argv[0] is looked up in PATH of `env` inside the root if it has no slash; PATH absent: no lookup. */
  | { op: 'exec'; args: string[]; env: string[] };

/**
 * Instead of mounts and final steps: another runtime's commands. `program` is a path of the host; commands run in the directory of
 * the start (where `config.json`, `pid` and `console` are) with the shim as their subreaper, and succeed with code 0.
 */
export type RuntimeStep =
  /** Before the gate, in the child: the runtime makes the container, which waits. The child's own network namespace is bound on the file `network` unless that is empty. */
  | { op: 'create'; network: string; program: string; args: string[]; env: string[] }
  /** After the gate, in the shim: the container is let go, or (exec) one more process made and let go. */
  | { op: 'start'; program: string; args: string[]; env: string[] };

export type Step = SetupStep | CloneStep | NetworkStep | MountStep | FinalStep | RuntimeStep;
