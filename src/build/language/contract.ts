/**
 * The Dockerfile language: what its parts are (nodes), and what a build is to do (an evaluation). Everything here is pure: no file, no
 * network, no clock. The door is `language/index.ts`:
 *
 *   parseDockerfile(bytes, options)      bytes → nodes; throws DockerfileError
 *   evaluate(dockerfile, options)        nodes, build arguments and base images' configs → steps, configs, history, warnings
 *   expand(word, env, modes)             one word with its variables put in
 *   parseIgnore(text), ignoreMatcher()   .dockerignore
 *   showError(), showWarning()           as BuildKit's clients print them, with the source
 */
import type { ImageConfig, ImageHistory, Platform } from '../../oci/index.ts';

/** A place in a Dockerfile: lines count from 1; `character` counts from 0 and is 0 where only the line is known, as BuildKit has it. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** One finding of a check. `url` is empty where Docker has no page about it. */
export interface Warning {
  readonly rule: string;
  readonly description: string;
  readonly url: string;
  readonly message: string;
  readonly ranges: readonly Range[];
}

// --- the file ---------------------------------------------------------------------------------------------------------------------

export interface ParseOptions {
  /** Called for each finding of a check that the parser makes; without it findings are only in `warnings`. */
  readonly onWarning?: (warning: Warning) => void;
  /** What `--build-arg BUILDKIT_DOCKERFILE_CHECK` says; it goes before the file's `# check=`. */
  readonly check?: string;
}

export interface Dockerfile {
  readonly source: string;
  readonly directives: Directives;
  /** ARGs before the first FROM. */
  readonly metaArgs: readonly ArgInstruction[];
  readonly stages: readonly Stage[];
  /** Findings so far: of the parser alone. */
  readonly warnings: readonly Warning[];
}

export interface Directives {
  readonly escape: '\\' | '`';
  /** The frontend's image that the file asks for; tug's own frontend reads it in any case. */
  readonly syntax?: string;
  readonly check?: string;
}

export interface Stage {
  readonly from: FromInstruction;
  /** Lower case; empty if it has none. */
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

// --- instructions -----------------------------------------------------------------------------------------------------------------

export interface Common {
  /** The instruction's word as it is written: `RUN`, `run`. */
  readonly word: string;
  /** The whole instruction in one line, continuations joined, without what its heredocs hold. */
  readonly code: string;
  /** One range for each of its lines. */
  readonly ranges: readonly Range[];
  /** The comment lines right above, without `#`. */
  readonly comments: readonly string[];
}

export interface Pair {
  readonly key: string;
  readonly value: string;
  /** Written `KEY value`, without `=`. */
  readonly legacy?: boolean;
}

export interface Heredoc {
  /** The word that ends it; for COPY and ADD the file's name. */
  readonly name: string;
  readonly content: string;
  /** `<<-`: leading tabs go. */
  readonly chomp: boolean;
  /** False where its word is quoted. */
  readonly expand: boolean;
  readonly fd: number;
}

/** `words` is the one line of the shell form, or the words of the JSON form. */
export interface CommandLine {
  readonly words: readonly string[];
  readonly shell: boolean;
}

export interface FromInstruction extends Common {
  readonly kind: 'from';
  /** Not expanded. */
  readonly base: string;
  readonly as?: string;
  readonly platform?: string;
}
export interface ArgInstruction extends Common {
  readonly kind: 'arg';
  /** Not expanded; without `value` where it has no default. */
  readonly args: readonly { readonly key: string; readonly value?: string; readonly description?: string }[];
}
export interface EnvInstruction extends Common {
  readonly kind: 'env';
  readonly pairs: readonly Pair[];
}
export interface LabelInstruction extends Common {
  readonly kind: 'label';
  readonly pairs: readonly Pair[];
}
export interface RunInstruction extends Common {
  readonly kind: 'run';
  readonly command: CommandLine;
  readonly heredocs: readonly Heredoc[];
  /** As written, for they are expanded only when they are evaluated. */
  readonly mounts: readonly string[];
  readonly network: 'default' | 'none' | 'host';
  readonly security: 'sandbox' | 'insecure';
  readonly devices: readonly Device[];
}
export interface Device {
  readonly name: string;
  readonly required: boolean;
}
export interface SourcesAndDest {
  readonly sources: readonly string[];
  readonly inline: readonly InlineSource[];
  readonly dest: string;
  readonly chown: string;
  readonly chmod: string;
  readonly link: boolean;
  readonly exclude: readonly string[];
}
/** A file that is written in the Dockerfile itself. */
export interface InlineSource {
  readonly name: string;
  readonly data: string;
  readonly expand: boolean;
}
export interface CopyInstruction extends Common, SourcesAndDest {
  readonly kind: 'copy';
  readonly from: string;
  readonly parents: boolean;
}
export interface AddInstruction extends Common, SourcesAndDest {
  readonly kind: 'add';
  readonly keepGitDir?: boolean;
  readonly checksum: string;
  readonly unpack?: boolean;
}
export interface CmdInstruction extends Common {
  readonly kind: 'cmd';
  readonly command: CommandLine;
}
export interface EntrypointInstruction extends Common {
  readonly kind: 'entrypoint';
  readonly command: CommandLine;
}
export interface HealthcheckInstruction extends Common {
  readonly kind: 'healthcheck';
  /** Durations in nanoseconds; 0 is not set. */
  readonly health: Health;
}
export interface Health {
  readonly test: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}
export interface ShellInstruction extends Common {
  readonly kind: 'shell';
  readonly shell: readonly string[];
}
export interface UserInstruction extends Common {
  readonly kind: 'user';
  readonly user: string;
}
export interface WorkdirInstruction extends Common {
  readonly kind: 'workdir';
  readonly path: string;
}
export interface ExposeInstruction extends Common {
  readonly kind: 'expose';
  readonly ports: readonly string[];
}
export interface VolumeInstruction extends Common {
  readonly kind: 'volume';
  readonly paths: readonly string[];
}
export interface StopsignalInstruction extends Common {
  readonly kind: 'stopsignal';
  readonly signal: string;
}
export interface OnbuildInstruction extends Common {
  readonly kind: 'onbuild';
  /** The instruction to come, heredocs included: what goes into the image's config. */
  readonly trigger: string;
}
export interface MaintainerInstruction extends Common {
  readonly kind: 'maintainer';
  readonly maintainer: string;
}

export type Instruction =
  | ArgInstruction
  | EnvInstruction
  | LabelInstruction
  | RunInstruction
  | CopyInstruction
  | AddInstruction
  | CmdInstruction
  | EntrypointInstruction
  | HealthcheckInstruction
  | ShellInstruction
  | UserInstruction
  | WorkdirInstruction
  | ExposeInstruction
  | VolumeInstruction
  | StopsignalInstruction
  | OnbuildInstruction
  | MaintainerInstruction;

// --- words ------------------------------------------------------------------------------------------------------------------------

/** Variables in the order in which they were set. */
export type Env = ReadonlyMap<string, string>;

export interface ExpandModes {
  readonly escape?: '\\' | '`';
  /** Keeps quotes in the result. */
  readonly rawQuotes?: boolean;
  /** Keeps escapes in the result. */
  readonly rawEscapes?: boolean;
  /** Quotes are letters like others: what heredocs want. */
  readonly plainQuotes?: boolean;
  /** Leaves a variable that is not set as it is written. */
  readonly keepUnset?: boolean;
}

export interface Expansion {
  readonly text: string;
  /** `text` split at spaces that are neither quoted nor escaped. */
  readonly words: readonly string[];
  /** The names of variables that were asked for and found, and not found. */
  readonly matched: ReadonlySet<string>;
  readonly unmatched: ReadonlySet<string>;
}

// --- what a build is to do --------------------------------------------------------------------------------------------------------

export interface EvaluateOptions {
  readonly target?: string;
  /** `--build-arg`; predefined ones (proxies, SOURCE_DATE_EPOCH, BUILDKIT_*) among them. */
  readonly buildArgs: ReadonlyMap<string, string>;
  /** `--label`: the target's. */
  readonly labels?: ReadonlyMap<string, string>;
  /** Where RUN executes when FROM says nothing, and what `$BUILDPLATFORM` says. */
  readonly buildPlatform: Platform;
  /** `--platform`; without it the build's, and images of others are then taken as they are. */
  readonly targetPlatform?: Platform;
  /** Several platforms are built, so steps are named with theirs. */
  readonly multiPlatform?: boolean;
  /** Whether `--build-context` names it: `alpine`, `alpine:3.20`, a stage's name, `name::linux/arm64`. */
  readonly hasContext?: (name: string) => boolean;
  /** The config of an image (or of a named context) that a stage, a COPY or a mount starts from; called side by side, once for each. */
  readonly resolveBase: (request: BaseRequest) => Promise<ResolvedBase>;
  /** The patterns of the main context's ignore file, for the check CopyIgnoredFile; asked only if something is copied. */
  readonly ignorePatterns?: () => Promise<readonly string[]>;
  /** Every stage, not only what the target needs: `--check` without a target. */
  readonly allStages?: boolean;
  /** `--check`: every finding as it is made. */
  readonly onWarning?: (warning: Warning) => void;
}

export interface BaseRequest {
  /** Normalized, with tag: `docker.io/library/alpine:3.20`; of a named context what was asked for. */
  readonly name: string;
  /** As the file writes it. */
  readonly written: string;
  /** The key `hasContext` said yes to. */
  readonly context?: string;
  readonly platform: Platform;
}

export interface ResolvedBase {
  /** Absent: files without a config (a named context that is a directory). */
  readonly config?: ImageConfig;
  /** `sha256:…` of what the name stands for now. */
  readonly digest?: string;
}

export interface Evaluation {
  /** In the file's order, then those that only a `--from=image` names; what the target does not need is not there. */
  readonly stages: readonly EvaluatedStage[];
  readonly target: EvaluatedStage;
  readonly warnings: readonly Warning[];
}

export interface EvaluatedStage {
  readonly id: number;
  /** As progress shows it: its name, `stage-2`, empty where it is the only one. */
  readonly name: string;
  readonly base: StageBase;
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
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'http'; readonly url: string; readonly filename: string; readonly checksum?: string }
  | { readonly kind: 'git'; readonly git: GitReference; readonly keepGitDir: boolean; readonly checksum?: string };

export interface GitReference {
  /** What git is called with: `https://…`, `git@host:path`, `ssh://…`. */
  readonly remote: string;
  readonly ref: string;
  readonly subdir: string;
  /** A wanted commit of a `?checksum=` query. */
  readonly checksum?: string;
  readonly submodules: boolean;
  readonly keepGitDir?: boolean;
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

// --- ignore files -----------------------------------------------------------------------------------------------------------------

export interface IgnoreMatcher {
  /** Whether a path (slashes, relative to the context's root) is left out, by itself or by a directory above it. */
  ignores(path: string): boolean;
  /** Whether everything below a directory that is left out may be skipped: false while a `!` pattern might bring something back. */
  prunes(directory: string): boolean;
  readonly patterns: readonly string[];
}
