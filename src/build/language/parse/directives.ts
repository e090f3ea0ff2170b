import { trim } from '../../../kit/index.ts';
import type { Directives } from '../contract.ts';
import { DockerfileError } from '../error.ts';

const names = ['syntax', 'escape', 'check'];

export interface Directive {
  readonly name: string;
  readonly value: string;
}

/** Reads the head of a file line by line; after the first line that is no directive, nothing is one any more. */
export function directiveReader(mark = '#'): (line: string) => Directive | undefined {
  const seen = new Set<string>();
  let done = false;
  return (line) => {
    const [name, value] = line.startsWith(mark) ? setting(trim(line.slice(mark.length))) : ['', ''];
    done ||= value === '' || !names.includes(name);
    if (done) return undefined;
    if (seen.has(name)) throw new DockerfileError(`only one ${name} parser directive can be used`);
    seen.add(name);
    return { name, value };
  };
}

function setting(text: string): [name: string, value: string] {
  const equals = text.indexOf('=');
  const name = trim(text.slice(0, Math.max(equals, 0)));
  return [name.toLowerCase(), trim(text.slice(equals + 1))];
}

/** `syntax` and `check` of a file; the escape is found out line by line. A shebang may stand before them. */
export function findDirectives(source: string): Omit<Directives, 'escape'> {
  const all = source.split(/\r?\n/);
  if (all[0]?.startsWith('#!')) all.shift();
  const found: { syntax?: string; check?: string } = {};
  const read = directiveReader();
  try {
    for (const line of all) {
      const directive = read(line);
      if (!directive) break;
      const [value = ''] = directive.value.split(' ');
      if (directive.name === 'syntax') found.syntax = value;
      if (directive.name === 'check') found.check = value;
    }
  } catch (error) {
    // A second one of a kind is told by whoever reads the lines.
    if (!(error instanceof DockerfileError)) throw error;
  }
  return found;
}

/** The escape letter a directive asks for. */
export function escapeOf(value: string): '\\' | '`' {
  if (value !== '\\' && value !== '`') {
    throw new DockerfileError(`invalid escape token '${value}' does not match \` or \\`);
  }
  return value;
}
