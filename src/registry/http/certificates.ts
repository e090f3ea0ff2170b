import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { EngineError } from '../../kit/index.ts';

/** PEM texts for a connection. */
export interface Certificates {
  ca: string[];
  cert?: string;
  key?: string;
}

/** What the directory of `host:port` under `root` holds, beside the authorities that the system trusts. */
export function certificatesFor(root: string, host: string): Certificates {
  const directory = join(root, host.replaceAll('/', ''));
  const names = filesIn(directory);
  const read = (name: string) => readFileSync(join(directory, name), 'utf8');
  const own = names.filter((name) => name.endsWith('.crt')).map(read);
  const pairs = names.filter((name) => name.endsWith('.cert')).map((cert) => [cert, cert.replace(/cert$/, 'key')]);
  for (const [cert = '', key = ''] of pairs) {
    if (names.includes(key)) continue;
    const hint = 'CA certificates must use the extension .crt';
    throw new EngineError('internal', `missing key ${key} for client certificate ${cert}. ${hint}`);
  }
  for (const key of names.filter((name) => name.endsWith('.key'))) {
    const cert = key.replace(/key$/, 'cert');
    if (names.includes(cert)) continue;
    throw new EngineError('internal', `missing client certificate ${cert} for key ${key}`);
  }
  const [cert, key] = pairs[0] ?? [];
  return {
    ca: [...systemAuthorities(), ...own],
    ...(cert !== undefined && key !== undefined && { cert: read(cert), key: read(key) }),
  };
}

function systemAuthorities(): string[] {
  const system = getCACertificates('system');
  return system.length > 0 ? system : getCACertificates('default');
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory).toSorted();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
