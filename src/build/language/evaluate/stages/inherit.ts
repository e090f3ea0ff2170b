import type { StageState } from '../state.ts';

/** Begins a stage that stands on another with what that one has come to. */
export function inherit(state: StageState): void {
  const { base } = state;
  if (!base) return;
  if (base.platform) state.platform = base.platform;
  state.image = structuredClone(base.image);
  // What is put off is for this stage's own instructions, not for images built on it in turn.
  delete state.image.config.OnBuild;
  state.env = new Map(base.env);
  state.workdirSet = base.workdirSet;
  state.buildArgs = [...base.buildArgs];
}
