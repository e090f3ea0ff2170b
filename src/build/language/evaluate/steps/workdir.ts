import { messages } from '../../checks/rules.ts';
import type { WorkdirInstruction } from '../../contract.ts';
import { absolutePath } from '../../text/paths.ts';
import { commit } from '../config/image.ts';
import type { Scope } from '../scope.ts';
import { shownCode, stepLabel } from './label.ts';

export function dispatchWorkdir(
  instruction: WorkdirInstruction,
  { evaluator, state, bound, put, checker }: Scope,
): void {
  const { image } = state;
  const written = put(instruction.path);
  if (!state.workdirSet && !written.startsWith('/')) {
    checker.report('WorkdirRelativePath', instruction.ranges, messages.relativeWorkdir(written));
  }
  state.workdirSet = true;
  const path = absolutePath(image.config.WorkingDir ?? '/', written);
  image.config.WorkingDir = path;
  const createdBy = `WORKDIR ${path}`;
  commit(image, createdBy, path !== '/');
  if (path === '/') return;
  const shown = shownCode(instruction.code, state.env, { escape: evaluator.dockerfile.directives.escape });
  state.steps.push({
    kind: 'workdir',
    label: stepLabel(evaluator, state, shown, bound.onbuild),
    createdBy,
    ranges: instruction.ranges,
    onbuild: bound.onbuild,
    instruction,
    platform: state.platform ?? evaluator.targetPlatform,
    path,
    user: image.config.User ?? '',
  });
}
