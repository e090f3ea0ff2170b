import type { BuildStatus } from './build.ts';
import type { HostConfig } from './types.ts';

/**
 * A build as tug's own command line asks for it: one connection (`POST /tug/build`, upgraded), frames both ways. Each begins with
 * `[kind, channel (24 bits), length (32 bits)]`, big-endian; a kind is one of these.
 */
export const buildFrames = { message: 1, data: 2, end: 3 } as const;

/** What is to be built, the first message. */
export interface BuildSessionRequest {
  /** Without data it is a file of the remote context; without a name, too, the one that is there. */
  dockerfile: { name: string /** Base64. */; data?: string };
  context?: SessionContext;
  /** Named contexts. */
  contexts: Record<string, SessionNamed>;
  names: string[];
  target?: string;
  buildArgs: Record<string, string>;
  labels: Record<string, string>;
  platforms: string[];
  noCache: boolean | string[];
  pull: boolean;
  network: string;
  extraHosts: string[];
  limits: HostConfig;
  allow: string[];
  /** The ids of secrets and agents that the client has. */
  secrets: string[];
  ssh: string[];
  /** Of those that are local the client has the directories, as `cache-from:0` and so on. */
  cacheFrom: Record<string, string>[];
  cacheTo: Record<string, string>[];
  outputs: Record<string, string>[];
  squash: boolean;
  explain: boolean;
  /** Otherwise the Dockerfile is only looked through. */
  call: 'build' | 'check' | 'outline' | 'targets';
  logins: Record<string, { username: string; password: string; serverAddress: string; identityToken: string }>;
}

/**
 * The main context: files of the client's, called `key` from build to build so that only what changed is sent, or `partKey` where this
 * Dockerfile takes only a part of them, with the patterns of their ignore file, which has been heeded; or a repository or a URL that the
 * engine fetches.
 */
export type SessionContext = { key: string; partKey?: string; ignored?: string[] } | { remote: string };

/** A named context: files, an image, or one of an OCI layout, whose directory the client has as `layout:NAME`. */
export type SessionNamed = { key: string } | { image: string } | { remote: string } | { layout: string };

/**
 * One file of a context: `[path, kind, mode, size, seconds, nanoseconds, link]`; the path is a byte string. `link` is the text of a symlink;
 * of a file that came in the list under another name already, it is that path.
 */
export type SessionEntry = [
  path: string,
  kind: 'f' | 'd' | 'l',
  mode: number,
  size: number,
  seconds: number,
  nanoseconds: number,
  link?: string,
];

/** From the client. */
export type ClientMessage =
  | { request: BuildSessionRequest }
  | { entries: { context: string; entries: SessionEntry[]; last: boolean } }
  | { failed: { context: string; message: string } }
  | { secret: { id: string; data: string | null } };

/**
 * From the engine. `wanted` are places in the list of entries: their files come as a tar on the channel. `ssh` is a connection to an
 * agent, both ways on the channel. `cache` is a cache that is brought to the client, as a tar of an OCI layout.
 */
export type EngineMessage =
  | { status: BuildStatus }
  | { list: SessionList }
  | { wanted: { context: string; channel: number; places: number[] } }
  | { secret: { id: string } }
  | { ssh: { id: string; channel: number } }
  | { output: { index: number; channel: number } }
  | { cache: { index: number; channel: number } }
  | { explain: { step: string; reason: string } }
  | { done: SessionOutcome }
  | { error: SessionFailure };

/**
 * A question for the files of a context. With `paths`, byte strings as COPY has them (`*`, `?`, `[…]` within a name, `**`, `\\`), only for
 * those, the directories above them, and what symlinks on the way and at the end lead to.
 */
export interface SessionList {
  context: string;
  paths?: readonly string[];
}

export interface SessionFailure {
  message: string;
  /** The text with the source, as it is shown. */
  text?: string;
  /** It had not begun: what was asked for cannot be. */
  early?: boolean;
}

export interface SessionOutcome {
  /** The image's id, where one was made. */
  id?: string;
  names: string[];
  /** What findings there were, as text. */
  warnings?: string;
  /** The mistake that a check ended at. */
  failure?: { message: string; text: string };
  /** What `call` asked for, as BuildKit's clients read it. */
  told?: object;
  metadata: Record<string, unknown>;
}

/** One frame. */
export function buildFrame(kind: number, channel: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(8 + payload.length);
  bytes.writeUInt32BE(((kind << 24) | channel) >>> 0, 0);
  bytes.writeUInt32BE(payload.length, 4);
  bytes.set(payload, 8);
  return bytes;
}

/** A message as a frame. */
export function buildMessage(message: ClientMessage | EngineMessage): Buffer {
  return buildFrame(buildFrames.message, 0, Buffer.from(JSON.stringify(message)));
}

const headLength = 8;
/** What no honest peer sends in one frame. */
const longest = 64 << 20;

/**
 * Takes frames apart; throws at one that is too long. Messages come whole; what a channel carries is handed on as it comes, uncopied, a
 * frame of it perhaps in several pieces.
 */
export function createBuildReader(
  each: (kind: number, channel: number, payload: Buffer) => void,
): (bytes: Uint8Array) => void {
  let frame: { kind: number; channel: number } | undefined;
  /** What has come of a head or a message. */
  let gathered: Buffer[] = [];
  let missing = headLength;

  function begin(head: Buffer): void {
    const word = head.readUInt32BE(0);
    frame = { kind: word >>> 24, channel: word & 0xffffff };
    missing = head.readUInt32BE(4);
    if (missing > longest) throw new Error('a frame of the build is too long');
    if (missing === 0) complete();
  }

  function complete(): void {
    const whole = gathered.length === 1 && gathered[0] ? gathered[0] : Buffer.concat(gathered);
    const ended = frame;
    gathered = [];
    frame = undefined;
    missing = headLength;
    if (!ended) begin(whole);
    else if (ended.kind !== buildFrames.data) each(ended.kind, ended.channel, whole);
  }

  return (bytes) => {
    let rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    while (rest.length > 0) {
      const piece = rest.subarray(0, missing);
      rest = rest.subarray(piece.length);
      missing -= piece.length;
      if (frame?.kind === buildFrames.data) each(frame.kind, frame.channel, piece);
      else gathered.push(piece);
      if (missing === 0) complete();
    }
  };
}

/** Bytes of a channel on their way to who reads them. */
export interface Inflow {
  /** False while many wait: whoever sends should be held up until `resume` is called. */
  push(bytes: Uint8Array): boolean;
  end(): void;
  fail(error: Error): void;
  bytes(): AsyncGenerator<Uint8Array>;
}

const most = 4 << 20;

export function createInflow(resume: () => void): Inflow {
  const waiting: Uint8Array[] = [];
  const state: { size: number; over: boolean; failure?: Error; wake?: () => void } = { size: 0, over: false };
  return {
    push(bytes) {
      waiting.push(bytes);
      state.size += bytes.length;
      state.wake?.();
      return state.size < most;
    },
    end() {
      state.over = true;
      state.wake?.();
    },
    fail(error) {
      state.failure = error;
      state.wake?.();
    },
    async *bytes() {
      for (;;) {
        const next = waiting.shift();
        if (next) {
          state.size -= next.length;
          if (state.size < most) resume();
          yield next;
        } else if (state.failure) throw state.failure;
        else if (state.over) return;
        else
          await new Promise<void>((resolve) => {
            state.wake = resolve;
          });
      }
    },
  };
}
