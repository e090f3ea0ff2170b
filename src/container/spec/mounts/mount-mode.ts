import { EngineError } from '../../../kit/index.ts';

/** The third part of `-v source:target:mode`, read. */
export interface MountMode {
  readOnly: boolean;
  /** Given only if the mode names one. */
  propagation?: string;
  noCopy?: boolean;
  /** The engine's own words: the source's owner is seen as the container's user, or becomes it. */
  idMap?: boolean;
  chown?: boolean;
}

const kinds = [
  ['ro', 'rw'],
  ['z', 'Z'],
  ['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared'],
  ['nocopy'],
  ['default', 'consistent', 'cached', 'delegated'],
  ['idmap'],
  ['U'],
];
const propagations = kinds[2] ?? [];

/** The word is a propagation that a mount may have. */
export function isPropagation(word: string): boolean {
  return propagations.includes(word);
}

/** Undefined when the text is no mode: an unknown word, or two of one kind. An empty text is one. */
export function parseMountMode(text: string): MountMode | undefined {
  const words = text === '' ? [] : text.split(',');
  const used = words.map((word) => kinds.findIndex((kind) => kind.includes(word)));
  if (used.includes(-1) || new Set(used).size < used.length) return undefined;
  const propagation = words.find(isPropagation);
  return {
    readOnly: words.includes('ro'),
    ...(propagation ? { propagation } : {}),
    ...(words.includes('nocopy') ? { noCopy: true } : {}),
    ...(words.includes('idmap') ? { idMap: true } : {}),
    ...(words.includes('U') ? { chown: true } : {}),
  };
}

/** As parseMountMode; no mode is refused in Docker's words. */
export function requireMountMode(text: string): MountMode {
  const mode = parseMountMode(text);
  if (!mode) throw new EngineError('internal', `invalid mode: ${text}`);
  return mode;
}
