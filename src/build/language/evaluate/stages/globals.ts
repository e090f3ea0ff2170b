import { formatPlatform, type Platform } from '../../../../oci/index.ts';
import type { ArgInstruction, Dockerfile } from '../../contract.ts';
import { at } from '../../error.ts';
import { expand } from '../../expand/expand.ts';
import { type ArgInfo, setEnv } from '../state.ts';

/** The arguments that every Dockerfile has without declaring them, for its FROMs. */
export function predefinedArgs({
  build,
  target,
  overrides,
  stage,
}: {
  build: Platform;
  target: Platform;
  overrides: ReadonlyMap<string, string>;
  stage: string;
}): Map<string, string> {
  const all: [name: string, value: string][] = [
    ['BUILDPLATFORM', formatPlatform(build)],
    ['BUILDOS', build.os],
    ['BUILDOSVERSION', build['os.version'] ?? ''],
    ['BUILDARCH', build.architecture],
    ['BUILDVARIANT', build.variant ?? ''],
    ['TARGETPLATFORM', formatPlatform(target)],
    ['TARGETOS', target.os],
    ['TARGETOSVERSION', target['os.version'] ?? ''],
    ['TARGETARCH', target.architecture],
    ['TARGETVARIANT', target.variant ?? ''],
    ['TARGETSTAGE', stage || 'default'],
  ];
  return new Map(all.map(([name, value]) => [name, overrides.get(name) ?? value]));
}

/** Those, and the ARGs before the first FROM with the values they are given or have. */
export function declareGlobals(
  predefined: ReadonlyMap<string, string>,
  { metaArgs, directives }: Pick<Dockerfile, 'metaArgs' | 'directives'>,
  given: ReadonlyMap<string, string>,
): { globals: Map<string, string>; infos: Map<string, ArgInfo> } {
  const globals = new Map(predefined);
  const infos = new Map<string, ArgInfo>();
  for (const instruction of metaArgs) {
    for (const arg of instruction.args) {
      const { value, needs } = valueGiven(instruction, arg, { globals, infos, given, escape: directives.escape });
      if (value !== undefined) setEnv(globals, arg.key, value);
      const { key, description = '' } = arg;
      infos.set(key, { key, value: value ?? '', description, ranges: instruction.ranges, needs });
    }
  }
  return { globals, infos };
}

function valueGiven(
  { ranges }: ArgInstruction,
  { key, value }: { key: string; value?: string },
  scope: {
    globals: ReadonlyMap<string, string>;
    infos: ReadonlyMap<string, ArgInfo>;
    given: ReadonlyMap<string, string>;
    escape: '\\' | '`';
  },
): { value?: string; needs: Set<string> } {
  const given = scope.given.get(key);
  if (given !== undefined) return { value: given, needs: new Set() };
  if (value === undefined) return { needs: new Set() };
  const { text, matched } = at(ranges, () => expand(value, scope.globals, { escape: scope.escape }));
  const needs = new Set(matched);
  if (needs.delete(key)) for (const name of scope.infos.get(key)?.needs ?? []) needs.add(name);
  return { value: text, needs };
}
