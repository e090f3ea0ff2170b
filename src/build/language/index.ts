export type * from './contract.ts';
export { DockerfileError } from './error.ts';
export { evaluate } from './evaluate/evaluate.ts';
export { parseGitReference } from './git-reference.ts';
export { descriptionOf } from './instructions/common.ts';
export { parseDockerfile } from './parse/dockerfile.ts';
export { type ShownFile, showPlaces, showSource, showSummary, showWarning, showWarnings } from './show.ts';
export { changeMode } from './text/mode.ts';
