import { readFile } from 'node:fs/promises';
import { parseHost } from '../../../client/index.ts';
import { explainSystemError } from '../../../kit/index.ts';
import type { ContextMetadata, TlsFiles } from '../../endpoint/contexts.ts';
import { readBool } from '../../flags/index.ts';
import type { Contexts } from './open.ts';

type Meta = NonNullable<ContextMetadata['Endpoints']['docker']>;

const files: Record<string, string> = { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' };
const allowed = ['from', 'host', 'skip-tls-verify', ...Object.keys(files)];

/** An endpoint as `--docker key=value,…` describes it, with the TLS files that it names. */
export async function readEndpoint(
  contexts: Contexts,
  pairs: Record<string, string>,
): Promise<{ endpoint: Meta; files: TlsFiles }> {
  const unknown = Object.keys(pairs).filter((key) => !allowed.includes(key));
  if (unknown.length > 0) throw new Error(unknown.map((key) => `unrecognized config key: ${key}`).join('\n'));
  if (pairs.from !== undefined) {
    const { docker } = (await contexts.get(pairs.from)).Endpoints;
    if (!docker) throw new Error(`unable to get endpoint from context ${JSON.stringify(pairs.from)}`);
    return { endpoint: docker, files: {} };
  }
  const read: Record<string, Buffer> = {};
  for (const [key, name] of Object.entries(files)) {
    const path = pairs[key];
    if (path) read[name] = await readPem(path);
  }
  const endpoint = {
    ...(pairs.host ? { Host: pairs.host } : {}),
    SkipTLSVerify: skipsVerify(pairs['skip-tls-verify']),
  };
  return { endpoint, files: Object.keys(read).length > 0 ? { docker: read } : {} };
}

/** Refuses an address that no client could use. */
export function validateEndpoint({ Host }: Meta): void {
  if (!Host) return;
  try {
    parseHost(Host);
  } catch (error) {
    throw new Error(`unable to apply docker endpoint options: ${(error as Error).message}`, { cause: error });
  }
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw explainSystemError(error, path);
  }
}

function skipsVerify(text: string | undefined): boolean {
  if (text === undefined) return false;
  try {
    return readBool(text);
  } catch (error) {
    throw new Error(`skip-tls-verify: parsing ${JSON.stringify(text)}: invalid syntax`, { cause: error });
  }
}
