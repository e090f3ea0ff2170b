import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, messageOf } from '../kit/index.ts';

/** Where a plugin listens. */
export interface Address {
  /** `unix:///run/x.sock`, `tcp://host:port`. */
  url: string;
  /** Paths of PEM files, and whether the certificate is to be believed unseen. */
  tls?: { ca?: string; cert?: string; key?: string; insecure: boolean };
}

/** Directories with sockets, and with files that tell of a plugin elsewhere. */
export interface Places {
  sockets: string[];
  specs: string[];
}

/** Where Docker looks. */
export const dockerPlaces: Places = {
  sockets: ['/run/docker/plugins'],
  specs: ['/etc/docker/plugins', '/usr/lib/docker/plugins'],
};

/** Sockets come before `.spec`, and `.spec` before `.json`; each may lie in a directory of the plugin's name. */
export function addressOf(name: string, places: Places): Address | undefined {
  if (!/^[\w][\w.-]*$/.test(name)) return undefined;
  const candidates = (directory: string, ending: string) => [
    join(directory, `${name}${ending}`),
    join(directory, name, `${name}${ending}`),
  ];
  const socket = places.sockets.flatMap((directory) => candidates(directory, '.sock')).find(isSocket);
  if (socket !== undefined) return { url: `unix://${socket}` };
  for (const directory of places.specs) {
    for (const [ending, read] of [
      ['.spec', readSpec],
      ['.json', readJson],
    ] as const) {
      for (const path of candidates(directory, ending)) {
        const text = contentOf(path);
        if (text !== undefined) return read(text, path);
      }
    }
  }
  return undefined;
}

/** The names of all plugins that one of the places tells of, each once. */
export function namesIn({ sockets, specs }: Places): string[] {
  const found = [
    ...sockets.flatMap((directory) => namesOf(directory, ['.sock'])),
    ...specs.flatMap((directory) => namesOf(directory, ['.spec', '.json'])),
  ];
  return [...new Set(found)];
}

function namesOf(directory: string, endings: string[]): string[] {
  return entriesIn(directory).flatMap((entry) => {
    const ending = endings.find((ending) => entry.endsWith(ending));
    if (ending !== undefined) return [entry.slice(0, -ending.length)];
    const inside = entriesIn(join(directory, entry));
    return endings.some((ending) => inside.includes(`${entry}${ending}`)) ? [entry] : [];
  });
}

function entriesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

const isAbsence = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as { code?: string }).code ?? '');

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

function readSpec(text: string, path: string): Address {
  const url = text.trim();
  if (!/^(unix|tcp|https?):\/\/./.test(url)) throw new EngineError('internal', `Unknown protocol in ${path}: ${url}`);
  return { url };
}

interface JsonSpec {
  Addr?: string;
  TLSConfig?: { InsecureSkipVerify?: boolean; CAFile?: string; CertFile?: string; KeyFile?: string };
}

function readJson(text: string, path: string): Address {
  let spec: JsonSpec;
  try {
    spec = JSON.parse(text) as JsonSpec;
  } catch (error) {
    throw new EngineError('internal', `${path}: ${messageOf(error)}`, error);
  }
  const { url } = readSpec(spec?.Addr ?? '', path);
  const { TLSConfig: tls } = spec;
  if (!tls) return { url };
  const { CAFile: ca, CertFile: cert, KeyFile: key } = tls;
  // Without an authority there is nobody to vouch for the certificate.
  const insecure = tls.InsecureSkipVerify === true || !ca;
  return { url, tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), insecure } };
}
