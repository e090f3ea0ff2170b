/** What of a capture is chance, and so must not be compared. */
export interface Chance {
  /** Directories of the host that differ between the two runs, longest first. */
  prefixes: string[];
  /** Ids of the container. */
  ids: string[];
  /** The host's own namespaces as /proc/self/ns shows them: `net:[4026531840]`. */
  hostNamespaces: string[];
}

/**
 * Replaces ids, mount numbers, the minors of anonymous devices and host path prefixes; nothing else. A namespace id becomes
 * `host` or `own`, which is what matters of it.
 */
export function normalise(capture: string, { prefixes, ids, hostNamespaces }: Chance): string {
  let text = capture;
  for (const prefix of prefixes) text = text.replaceAll(prefix, '<host>');
  for (const id of ids) text = text.replaceAll(id, '<id>');
  return text
    .replace(/\b(\w+):\[(\d+)\]/g, (whole, type: string) => {
      if (type === 'pipe' || type === 'socket') return `${type}:[<id>]`;
      return `${type}:[${hostNamespaces.includes(whole) ? 'host' : 'own'}]`;
    })
    .replace(/^\d+ \d+ (\d+:\d+) /gm, (_, device: string) => `<mount> <mount> ${device} `)
    .replace(/^(<mount> <mount> 0):\d+ /gm, '$1:<minor> ')
    .replace(/ (shared|master|propagate_from):\d+ /g, ' $1:<id> ')
    .replace(/^((?:Tgid|Pid|PPid|NStgid|NSpid|NSpgid|NSsid):)(.*)$/gm, (_, name: string, numbers: string) => {
      return `${name}${numbers.replace(/\b(?!0\b|1\b)\d+/g, '<id>')}`;
    })
    .replaceAll('\r', '')
    .trimEnd();
}

/** A capture's sections by name. */
export function sections(capture: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of capture.split(/^== /m).slice(1)) {
    const end = part.indexOf('\n');
    found.set(part.slice(0, end).trim(), part.slice(end + 1));
  }
  return found;
}

/** The lines in which two normalised captures differ, each with its section and side. */
export function differences(one: string, other: string): string[] {
  const [left, right] = [sections(one), sections(other)];
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].flatMap((name) => {
    const [a, b] = [left, right].map((side) => side.get(name)?.split('\n') ?? ['(no such section)']) as [
      string[],
      string[],
    ];
    if (a.join('\n') === b.join('\n')) return [];
    const only = (these: string[], those: string[], sign: string) =>
      these.filter((line) => !those.includes(line)).map((line) => `${name} ${sign} ${line}`);
    const lines = [...only(a, b, '-'), ...only(b, a, '+')];
    if (lines.length > 0) return lines;
    const isOrder = a.toSorted().join('\n') === b.toSorted().join('\n');
    return [`${name}: the same lines in another ${isOrder ? 'order' : 'number'}`];
  });
}
