import type { Env, ExpandModes } from '../../contract.ts';
import { DockerfileError } from '../../error.ts';
import { expand } from '../../expand/expand.ts';
import type { Evaluator, StageState } from '../state.ts';
import { platformLabel } from './platform-label.ts';

/** The next step's name in progress: `[build 2/5] RUN make`. */
export function stepLabel(evaluator: Evaluator, state: StageState, text: string, onbuild = false): string {
  if (state.total === 0) return text;
  const { multiPlatform = false } = evaluator.options;
  const platform = multiPlatform && state.platform ? `${platformLabel(state.platform, state.env)} ` : '';
  const name = state.name === '' ? '' : `${state.name} `;
  state.index++;
  const index = String(state.index).padStart(String(state.total).length);
  return `[${platform}${name}${index}/${state.total}] ${onbuild ? 'ONBUILD ' : ''}${text}`;
}

/** An instruction as progress shows it: its word in capitals, variables put in as far as that goes. */
export function shownCode(code: string, env: Env, modes: ExpandModes): string {
  const text = expandedOr(code, env, modes);
  const space = text.indexOf(' ');
  return space < 0 ? text.toUpperCase() : text.slice(0, space).toUpperCase() + text.slice(space);
}

function expandedOr(code: string, env: Env, modes: ExpandModes): string {
  try {
    return expand(code, env, modes).text;
  } catch (error) {
    if (error instanceof DockerfileError) return code;
    throw error;
  }
}
