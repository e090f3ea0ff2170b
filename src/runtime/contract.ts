import type { Socket } from 'node:net';
import type { IdMaps, TreeCopier } from '../host/index.ts';
import type { RuntimeSpec, SpecProcess, SpecResources } from '../oci/index.ts';

/** What the monitor does with the process's three streams. */
export interface Stdio {
  tty: boolean;
  /** Keep stdin open; otherwise it is /dev/null. */
  openStdin: boolean;
  /** Close stdin for good once the first attacher that had it goes away. */
  stdinOnce: boolean;
  /** `[rows, columns]` of a tty at its start. */
  size?: [rows: number, columns: number];
}

/** Docker's json-file log, written by the monitor: at most `maxFiles` files of `maxBytes`. */
export interface LogFile {
  path: string;
  maxBytes: number;
  maxFiles: number;
  /** JSON that stands in each line as `attrs`, 60,000 bytes at most. */
  attrs?: string;
  /** Bytes that are no UTF-8 stay as they are, for who passes lines on; otherwise each is U+FFFD, as Docker writes it. */
  raw?: boolean;
}

/**
 * How a container's own network namespace is furnished, as rtnetlink bytes that the shim sends: `host` from the host's
 * namespace (the shim writes the fd of the container's namespace as a u32 at `netnsFdOffset`), then `inside` from within it.
 */
export interface NetworkPlan {
  host: { message: Uint8Array; netnsFdOffset?: number }[];
  inside: { message: Uint8Array }[];
  /**
   * Where the container's questions about names are answered (the address as a number): its shim passes them to the socket
   * `resolver.sock` in the exec root, as DNS over TCP has them, behind `TUG`, version 1, `D`, 1 for TCP or 0, and the
   * container's id with its length in front.
   */
  resolver?: { address: number; port: number };
  /** Reserved sockets, by their place in `Launch.reserved`, on which everything is passed on to the container. */
  relays?: { slot: number; protocol: number; address: number; port: number }[];
}

/** What of a container's specification is known before there is a root; it stands in the specification in the same words. */
export interface Outline {
  linux: Pick<RuntimeSpec['linux'], 'namespaces' | 'cgroupsPath' | 'resources' | 'uidMappings' | 'gidMappings'>;
}

/** What a start can begin with. The reserved sockets are taken over once it has begun. */
export interface Opening extends Pick<Launch, 'id' | 'token' | 'stdio' | 'log' | 'network' | 'reserved' | 'runtime'> {
  outline: Outline;
  /** Nobody waits for it yet: a shim is made for it, if none is there. */
  early?: boolean;
}

/** A start that has been begun; one of the two calls ends it. */
export interface Opened {
  /** As Runtime.launch, for what could not be said before. */
  launch(rest: Pick<Launch, 'spec' | 'rootFd' | 'shm'>): Promise<Pending>;
  /** As of the process that there will be; who asks before it goes misses nothing. */
  attach: Process['attach'];
  /** Gives it up; nothing is left. */
  close(): Promise<void>;
}

/** One start of a container. */
export interface Launch {
  id: string;
  /** 32 hex digits; named in the exit record so that a record of another start is never taken for this one's. */
  token: string;
  spec: RuntimeSpec;
  /** The root filesystem as a detached mount; the runtime takes the fd over and closes it, also when it fails. */
  rootFd: number;
  stdio: Stdio;
  log?: LogFile;
  network?: NetworkPlan;
  /** The mount namespace of a container whose /dev/shm this one has, too; bind it from `Runtime.shmAt`. */
  shm?: { namespace: string };
  /** The name of another runtime, or its path; without it the container is the native runtime's. */
  runtime?: string;
  /** The directory of a checkpoint whose processes are to go on; only another runtime can. Whoever made it is trusted like the kernel. */
  restore?: string;
  /** Sockets that reserve the published ports; the shim holds them until the container has ended. Taken over like rootFd. */
  reserved: number[];
}

/** A container whose processes are to be written to files, with all they have in memory. */
export interface CheckpointRequest {
  id: string;
  pid: number;
  spec: RuntimeSpec;
  stdio: Stdio;
  /** An empty directory for the files. */
  images: string;
  /** Otherwise the processes have ended with it. */
  leaveRunning: boolean;
}

/** One more process in a running container. */
export interface ExecLaunch {
  id: string;
  token: string;
  containerId: string;
  process: SpecProcess;
  /** The container's spec: for its cgroups, seccomp profile and namespaces. */
  spec: RuntimeSpec;
  stdio: Stdio;
  /** The container's, as it was launched. */
  runtime?: string;
}

/** A process whose namespaces, mounts and network are being made, and that then waits before it drops its privileges. */
export interface Pending {
  readonly process: Process;
  /**
   * Lets it go, as soon as it is ready, and resolves once exec has succeeded. A failure, also of what comes before, is an
   * EngineError of kind `invalid` in runc's words
   * (`exec: "foo": executable file not found in $PATH`), with everything undone; `startExitCode(error)` gives 126 or 127.
   */
  go(): Promise<void>;
  /** Gives the start up; nothing is left. */
  abort(): Promise<void>;
}

export interface Exit {
  /** 0 to 255; 128 + n after signal n. */
  code: number;
  oom: boolean;
  at: Date;
  /** What the engine has to say beside the code, for example that the monitor itself was killed. */
  reason?: string;
}

export interface Attachment {
  /**
   * Output frames (raw with a tty) come out, stdin goes in; ending the writable side is stdin's end. allowHalfOpen. It is
   * paused, and may have ended all the same where nothing was said: see `drain`, and `finished` of node:stream.
   */
  socket: Socket;
  /**
   * Where in the log this attachment begins, so that `logs=1` can be replayed before it without gap or repetition: `offset` in the
   * file whose inode is `generation` (0 without a log), then `partial`, the last line so far where it has no newline yet.
   */
  log: { generation: number; offset: number; partial?: { stdout: Uint8Array; stderr: Uint8Array } };
}

/** A running process, by its shim's socket. Calls after its end fail with kind `conflict`. */
export interface Process {
  readonly id: string;
  readonly token: string;
  /** In the host's pid namespace. */
  readonly pid: number;
  readonly startedAt: Date;
  /** Never rejects. The exit record stays on disk until `release`. */
  readonly exited: Promise<Exit>;
  /** Calls the listener whenever the container runs out of memory while it runs; one listener. */
  onOom(listener: () => void): void;
  /**
   * Before `go`, an attachment sees the output from its first byte; `asked` is called as soon as a `go` may follow, earlier than
   * the promise resolves.
   */
  attach(streams: { stdin: boolean; stdout: boolean; stderr: boolean }, asked?: () => void): Promise<Attachment>;
  resize(rows: number, columns: number): Promise<void>;
  signal(signal: number): Promise<void>;
  /**
   * A container's root with all that is mounted in it, as an O_PATH fd that its shim hands out (the caller closes it); an exec has
   * none. Paths are to be opened under it by openat2 with RESOLVE_IN_ROOT.
   */
  openRoot(): number;
  /** A netlink socket (route) that was opened in the container's own network namespace; the caller closes it. */
  openNetwork(): number;
  /**
   * Has the shim hold one more socket that reserves a port (it stays the caller's, too), and pass on what comes there; returns a
   * handle. The handles of `Launch.reserved` are their places.
   */
  hold(socket: number, relay?: { protocol: number; address: number; port: number }): number;
  /** What comes to a port that is passed on goes to another IPv4 address (as a number) from now on. */
  retarget(handle: number, address: number): Promise<void>;
  /** Frees a port by its handle. */
  unhold(handle: number): Promise<void>;
  /** Everything below the container's cgroup, by host pid. */
  pids(): Promise<number[]>;
  /** The container's cgroup; an exec, which shares it, has none of its own. */
  readonly control?: Control;
  /** Forget the exit record and all that is left of the process; call it after the exit has been committed. Idempotent. */
  release(): Promise<void>;
}

/** What can be done to all processes of a container at once. Refusals are EngineErrors in the kernel's words. */
export interface Control {
  /** Resolves once no process runs; `internal` and all thawed when one cannot be stopped. */
  freeze(): Promise<void>;
  thaw(): void;
  /** What the kernel says, also of a freeze by an earlier engine. */
  frozen(): boolean;
  /** Other limits from now on; what is not named stays. All or nothing. */
  update(resources: SpecResources): void;
  usage(): Usage;
}

/** What a container has used since its start. Times in nanoseconds, sizes in bytes. */
export interface Usage {
  /** Of the cgroups it was read from: they count different things. */
  version: 1 | 2;
  cpu: {
    total: number;
    user: number;
    kernel: number;
    perCpu?: number[];
    throttling: { periods: number; throttled: number; time: number };
  };
  /** Absent where the machine does not account for it. `details` is memory.stat; `limit` may be beyond the machine. */
  memory?: { usage: number; most?: number; limit: number; failures: number; details: Record<string, number> };
  pids?: { current: number; limit?: number };
  block: { bytes: BlockUsage[]; operations?: BlockUsage[] };
}

/** One kind of transfer (`read`, `write`, …) of one device. */
export interface BlockUsage {
  major: number;
  minor: number;
  op: string;
  value: number;
}

/** A program that keeps to the command line of OCI runtimes, with what always comes before its command. */
export interface OciRuntime {
  /** Absolute, or the name of a file in PATH. */
  path: string;
  args: string[];
}

/** The native runtime and, behind the same door, every other one that this machine has or that was configured. */
export interface Runtime {
  /** Other runtimes than those configured until now, for containers that start from now on. */
  configure(runtimes: Record<string, OciRuntime>): void;
  /** The runtimes that containers may name; `native` is without a program. */
  names(): Record<string, OciRuntime | undefined>;
  /** Whether a container may name it; an absolute path of a program may be named as well. */
  knows(name: string): boolean;
  /** Where, for the mounts of a start only, lies what `Launch.shm` asks for. */
  readonly shmAt: string;
  /** A user namespace with those maps, as an fd that stays the runtime's and may be used at once, not kept. Blocks for its making. */
  userNamespace(maps: IdMaps): number;
  /** Copies a tree in a process of its own, as `copyTree` of host promises. */
  copyTree: TreeCopier;
  launch(launch: Launch): Promise<Pending>;
  /**
   * The same in two halves, so that cgroups, namespaces and network are made while the caller is still at the root. Undefined for a
   * start that must be told all at once; nothing has been taken over then.
   */
  open(opening: Opening): Promise<Opened | undefined>;
  exec(launch: ExecLaunch): Promise<Pending>;
  /** Writes a running container's processes down, by CRIU; errors are in its words. */
  checkpoint(request: CheckpointRequest): Promise<void>;
  /**
   * After an engine's restart: the process if its shim lives, its Exit if it has ended (also when shim or machine died:
   * code 137 and a reason), undefined when that start never got as far as a process, or when nothing is left of it to tell
   * (the exec root lies in memory: after a restart of the machine it is empty).
   */
  recover(id: string, token: string): Promise<Process | Exit | undefined>;
  /** Ends and removes whatever lies in the exec root and in the cgroups for ids that `known` denies. Returns their ids. */
  sweep(known: (id: string) => boolean): Promise<string[]>;
  close(): Promise<void>;
}
