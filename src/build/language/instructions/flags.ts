import { DockerfileError } from '../error.ts';
import { withSuggestion } from '../text/suggest.ts';

type Kind = 'boolean' | 'string' | 'strings';

export interface Flags {
  readonly used: ReadonlySet<string>;
  boolean(name: string): boolean;
  string(name: string): string;
  strings(name: string): readonly string[];
}

/** The flags of an instruction, each of the kind that `known` gives it; others are refused. */
export function parseFlags(written: readonly string[], known: Readonly<Record<string, Kind>> = {}): Flags {
  const values = new Map<string, string[]>();
  for (const flag of written) {
    const equals = flag.indexOf('=');
    const dashed = equals < 0 ? flag : flag.slice(0, equals);
    const value = equals < 0 ? undefined : flag.slice(equals + 1);
    const name = dashed.slice(2);
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!kind) {
      throw new DockerfileError(withSuggestion(`unknown flag: ${dashed}`, name, Object.keys(known)));
    }
    const earlier = values.get(name) ?? [];
    if (earlier.length > 0 && kind !== 'strings') throw new DockerfileError(`duplicate flag specified: ${dashed}`);
    values.set(name, [...earlier, checked(dashed, kind, value)]);
  }
  return {
    used: new Set(values.keys()),
    boolean: (name) => values.get(name)?.[0] === 'true',
    string: (name) => values.get(name)?.[0] ?? '',
    strings: (name) => values.get(name) ?? [],
  };
}

function checked(dashed: string, kind: Kind, value: string | undefined): string {
  if (kind !== 'boolean') {
    if (value === undefined) throw new DockerfileError(`missing a value on flag: ${dashed}`);
    return value;
  }
  if (value === '') throw new DockerfileError(`missing a value on flag: ${dashed}`);
  const truth = value?.toLowerCase() ?? 'true';
  if (truth === 'true' || truth === 'false') return truth;
  throw new DockerfileError(`expecting boolean value for flag ${dashed}, not: ${value}`);
}
