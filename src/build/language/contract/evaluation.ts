import type { Platform } from '../../../oci/index.ts';
import type { BaseRequest, ResolvedBase } from './bases.ts';
import type { Range, Warning } from './nodes.ts';
import type { EvaluatedStage } from './steps.ts';

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

export interface Evaluation {
  /** In the file's order, then those that only a `--from=image` names; what the target does not need is not there. */
  readonly stages: readonly EvaluatedStage[];
  readonly target: EvaluatedStage;
  /** `SOURCE_DATE_EPOCH`, seconds; `context` or a name where it is to be taken from there. */
  readonly epoch?: number | string;
  /** The file's and its own. */
  readonly warnings: readonly Warning[];
  /** What the target can be given: `--call=outline`. */
  readonly outline: Outline;
}

export interface Outline {
  readonly name: string;
  readonly description: string;
  readonly args: readonly {
    readonly name: string;
    readonly value: string;
    readonly description: string;
    readonly ranges: readonly Range[];
  }[];
  readonly secrets: readonly Needed[];
  readonly ssh: readonly Needed[];
}

export interface Needed {
  readonly name: string;
  readonly required: boolean;
  readonly ranges: readonly Range[];
}
