import type { ImageConfig, ImageHistory, Platform } from '../../../oci/index.ts';
import type { BaseRequest, ResolvedBase } from './bases.ts';
import type { Device, Instruction, Range } from './nodes.ts';

export interface EvaluatedStage {
  readonly id: number;
  /** As progress shows it: its name, `stage-2`, empty where it is the only one. */
  readonly name: string;
  readonly base: StageBase;
  /** `[build 1/5] FROM docker.io/library/alpine:3.20@sha256:…`; of an image base only. */
  readonly baseLabel: string;
  readonly platform: Platform;
  /** What changes files, in order; each takes the outcome of the one before it. */
  readonly steps: readonly Step[];
  /** What the stage's image says; `rootfs` and times are the solver's. Each history item without `empty_layer` is one step's (or the base's) layer. */
  readonly image: Omit<ImageConfig, 'rootfs'> & { readonly history: readonly ImageHistory[] };
  /** `FROM`'s place; of an unnamed source that of the instruction that names it. */
  readonly ranges: readonly Range[];
}

export type StageBase =
  | { readonly kind: 'scratch' }
  | { readonly kind: 'stage'; readonly stage: EvaluatedStage }
  | { readonly kind: 'image'; readonly request: BaseRequest; readonly resolved: ResolvedBase };

/** Where files come from: the main context, an outcome of a stage, or nothing. */
export type Source =
  | { readonly kind: 'context' }
  | { readonly kind: 'stage'; readonly stage: EvaluatedStage }
  | { readonly kind: 'scratch' };

interface StepCommon {
  /** `[build 2/5] RUN make`. */
  readonly label: string;
  /** The history's `created_by`. */
  readonly createdBy: string;
  readonly ranges: readonly Range[];
  readonly onbuild: boolean;
  readonly instruction: Instruction;
  readonly platform: Platform;
}

export interface RunStep extends StepCommon {
  readonly kind: 'run';
  readonly args: readonly string[];
  /** `NAME=value`, as the process gets them, without the proxies and without secrets. */
  readonly env: readonly string[];
  /** Proxies given as build arguments: the process gets them, the cache key does not. */
  readonly proxies: ReadonlyMap<string, string>;
  readonly cwd: string;
  readonly user: string;
  readonly mounts: readonly Mount[];
  readonly network: 'default' | 'none' | 'host';
  readonly security: 'sandbox' | 'insecure';
  readonly devices: readonly Device[];
  /** A heredoc that begins with `#!`: a file of mode 0755 in a read-only mount at `/dev/pipes/`. */
  readonly script?: { readonly name: string; readonly data: string };
}

export interface WorkdirStep extends StepCommon {
  readonly kind: 'workdir';
  /** Made with its parents, mode 0755, owned by `user`. */
  readonly path: string;
  readonly user: string;
}

export interface CopyStep extends StepCommon {
  readonly kind: 'copy' | 'add';
  readonly from: Source;
  readonly sources: readonly FileSource[];
  readonly inline: readonly { readonly name: string; readonly data: string }[];
  /** Absolute; ends in `/` where it must be a directory. */
  readonly dest: string;
  /** As written and expanded; numbers and names of the stage's own /etc/passwd and /etc/group. Empty: 0:0. */
  readonly chown: string;
  /** Octal number or symbolic words; absent: the source's. */
  readonly chmod?: number | string;
  readonly link: boolean;
  readonly parents: boolean;
  readonly exclude: readonly string[];
  /** What archives among local sources become; absent: ADD's rule (local ones yes, downloads no). */
  readonly unpack?: boolean;
}

export type FileSource =
  | LocalSource
  | { readonly kind: 'http'; readonly url: string; readonly filename: string; readonly checksum?: string }
  | { readonly kind: 'git'; readonly git: GitReference; readonly keepGitDir: boolean; readonly checksum?: string };

export interface LocalSource {
  readonly kind: 'path';
  /** Absolute, clean; may have wildcards, which may match nothing only where there are some. */
  readonly path: string;
  /** With `--parents`: what of `path` is copied, with the directories between; must be there where `required`. */
  readonly parents?: { readonly pattern: string; readonly required: boolean };
}

export interface GitReference {
  /** What git is called with: `https://…`, `git@host:path`, `ssh://…`. */
  readonly remote: string;
  readonly ref: string;
  readonly subdir: string;
  /** A wanted commit of a `?checksum=` query. */
  readonly checksum?: string;
  readonly submodules: boolean;
  readonly keepGitDir?: boolean;
  /** Times of files: of the checkout, or of their last commit. */
  readonly mtime: 'checkout' | 'commit';
  /** The commit is fetched itself, whatever `ref` stands for. */
  readonly fetchByCommit: boolean;
}

export type Mount = BindMount | CacheMount | TmpfsMount | SecretMount | SshMount;

export interface BindMount {
  readonly type: 'bind';
  readonly from: Source;
  /** In `from`; absolute. */
  readonly source: string;
  readonly target: string;
  /** Where it may be written, what is written is lost. */
  readonly readonly: boolean;
}
export interface CacheMount {
  readonly type: 'cache';
  readonly id: string;
  readonly target: string;
  readonly sharing: 'shared' | 'private' | 'locked';
  readonly readonly: boolean;
  /** What it is filled with at first. */
  readonly from: Source;
  readonly source: string;
  /** Of the directory it is made with. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}
export interface TmpfsMount {
  readonly type: 'tmpfs';
  readonly target: string;
  /** Bytes; 0 is without limit. */
  readonly size: number;
  readonly readonly: boolean;
}
export interface SecretMount {
  readonly type: 'secret';
  readonly id: string;
  /** Absent: no file. */
  readonly target?: string;
  readonly env?: string;
  readonly required: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}
export interface SshMount {
  readonly type: 'ssh';
  readonly id: string;
  /** Absent: `/run/buildkit/ssh_agent.N`. */
  readonly target?: string;
  readonly required: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export type Step = RunStep | WorkdirStep | CopyStep;
