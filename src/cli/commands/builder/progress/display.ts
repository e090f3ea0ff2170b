import type { BuildStatus } from '../../../../api/index.ts';

/** Shows how a build goes. */
export interface Display {
  status(status: BuildStatus): void;
  /** Called once, before anything else is written; `failed` with the error's text where there is one. */
  end(failure?: { message: string; shown: string }): Promise<void>;
}
