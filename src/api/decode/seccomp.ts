import { EngineError, messageOf } from '../../kit/index.ts';
import { type Json, parseJson } from './json.ts';
import { decode, list, type Schema, string, strings, struct, unsigned } from './schema.ts';

const pointer = (name: string, fields: Record<string, Schema>): Schema => list(struct(name, fields), `[]*${name}`);

const filter = struct('seccomp.Filter', { caps: strings, arches: strings, minKernel: string() });

const profile = struct('seccomp.Seccomp', {
  defaultAction: string('specs.LinuxSeccompAction'),
  defaultErrnoRet: unsigned(64, 'uint'),
  listenerPath: string(),
  listenerMetadata: string(),
  flags: list(string('specs.LinuxSeccompFlag'), '[]specs.LinuxSeccompFlag'),
  architectures: list(string('specs.Arch'), '[]specs.Arch'),
  archMap: list(
    struct('seccomp.Architecture', {
      architecture: string('specs.Arch'),
      subArchitectures: list(string('specs.Arch'), '[]specs.Arch'),
    }),
    '[]seccomp.Architecture',
  ),
  syscalls: pointer('seccomp.Syscall', {
    name: string(),
    names: strings,
    action: string('specs.LinuxSeccompAction'),
    errnoRet: unsigned(64, 'uint'),
    args: pointer('specs.LinuxSeccompArg', {
      index: unsigned(64, 'uint'),
      value: unsigned(64),
      valueTwo: unsigned(64),
      op: string('specs.LinuxSeccompOperator'),
    }),
    comment: string(),
    includes: filter,
    excludes: filter,
  }),
});

/** A seccomp profile in Docker's format; an EngineError in Go's words if it is none. */
export function decodeSeccomp<T extends object>(text: string): T {
  try {
    const json: Json = parseJson(text);
    return (decode(profile, json, 'Seccomp') ?? {}) as T;
  } catch (error) {
    const why = messageOf(error)
      .replace('invalid JSON: ', '')
      .replace('unexpected EOF', 'unexpected end of JSON input');
    throw new EngineError('internal', `Decoding seccomp profile failed: ${why}`, error);
  }
}
