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

export interface ParseOptions {
  /** Called for each finding of a check that the parser makes; without it findings are only in `warnings`. */
  readonly onWarning?: (warning: Warning) => void;
  /** What `--build-arg BUILDKIT_DOCKERFILE_CHECK` says; it goes before the file's `# check=`. */
  readonly check?: string;
}

export interface Dockerfile {
  readonly source: string;
  readonly directives: Directives;
  /** Which checks it wants, and whether findings are errors. */
  readonly checks: CheckOptions;
  /** ARGs before the first FROM. */
  readonly metaArgs: readonly ArgInstruction[];
  readonly stages: readonly Stage[];
  /** Findings so far: of the parser alone. */
  readonly warnings: readonly Warning[];
}

/** What a `# check=` directive, or a comment above an instruction, says. */
export interface CheckOptions {
  readonly skip: readonly string[] | 'all';
  readonly experimental: readonly string[] | 'all';
  /** Findings make the build fail. */
  readonly error: boolean;
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
