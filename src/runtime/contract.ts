import type { Socket } from 'node:net';
import type { RuntimeSpec, SpecProcess } from '../oci/index.ts';

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
}

/**
 * How a container's own network namespace is furnished, as rtnetlink bytes that the shim sends: `host` from the host's
 * namespace (the shim writes the fd of the container's namespace as a u32 at `netnsFdOffset`), then `inside` from within it.
 */
export interface NetworkPlan {
  host: { message: Uint8Array; netnsFdOffset?: number }[];
  inside: { message: Uint8Array }[];
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
  /** Sockets that reserve the published ports; the shim holds them until the container has ended. Taken over like rootFd. */
  reserved: number[];
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
  /** Output frames (raw with a tty) come out, stdin goes in; ending the writable side is stdin's end. allowHalfOpen. */
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
  /** Everything below the container's cgroup, by host pid. */
  pids(): Promise<number[]>;
  /** Forget the exit record and all that is left of the process; call it after the exit has been committed. Idempotent. */
  release(): Promise<void>;
}

/** The native runtime behind one door; `runc` and others join it behind the same interface. */
export interface Runtime {
  launch(launch: Launch): Promise<Pending>;
  exec(launch: ExecLaunch): Promise<Pending>;
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
