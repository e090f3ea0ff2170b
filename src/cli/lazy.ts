/** node:fs, loaded when it is first needed: it would cost a tenth of a whole `run` at start. */
export function fs(): typeof import('node:fs') {
  return process.getBuiltinModule('node:fs');
}

/** node:path, loaded when it is first needed. */
export function path(): typeof import('node:path') {
  return process.getBuiltinModule('node:path');
}
