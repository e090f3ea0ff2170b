let fsModule: typeof import('node:fs') | undefined;
let pathModule: typeof import('node:path') | undefined;

/** node:fs, loaded when it is first needed: it would cost a tenth of a whole `run` at start. */
export function fs(): typeof import('node:fs') {
  fsModule ??= process.getBuiltinModule('node:fs');
  return fsModule;
}

/** node:path, loaded when it is first needed. */
export function path(): typeof import('node:path') {
  pathModule ??= process.getBuiltinModule('node:path');
  return pathModule;
}
