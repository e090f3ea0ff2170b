/**
 * The Dockerfile language: what its parts are (nodes), and what a build is to do (an evaluation). Everything here is pure: no file, no
 * network, no clock. The door is `language/index.ts`:
 *
 *   parseDockerfile(bytes, options)      bytes → nodes; throws DockerfileError
 *   evaluate(dockerfile, options)        nodes, build arguments and base images' configs → steps, configs, history, warnings
 *   showPlaces(), showWarnings()         as BuildKit's clients print them, with the source
 */
export type * from './contract/bases.ts';
export type * from './contract/evaluation.ts';
export type * from './contract/nodes.ts';
export type * from './contract/steps.ts';
export type * from './contract/words.ts';
