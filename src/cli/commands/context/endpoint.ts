import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
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
  checkMaterial(read);
  const endpoint = {
    ...(pairs.host ? { Host: pairs.host } : {}),
    SkipTLSVerify: skipsVerify(pairs['skip-tls-verify']),
  };
  return { endpoint, files: Object.keys(read).length > 0 ? { docker: read } : {} };
}

/** Refuses what is no address. */
export function validateEndpoint({ Host }: Meta): void {
  if (Host && !Host.includes('://')) {
    throw new Error(`unable to apply docker endpoint options: unable to parse docker host \`${Host}\``);
  }
}

const fault = (words: string) => new Error(`invalid docker endpoint options: ${words}`);

/** Refuses certificates and keys that no connection could be made with. */
function checkMaterial({ 'ca.pem': ca, 'cert.pem': cert, 'key.pem': key }: Record<string, Buffer>): void {
  if (ca && !isCertificate(ca)) throw fault('failed to retrieve context tls info: ca.pem seems invalid');
  if (!cert || !key) return;
  if (!key.includes('-----BEGIN')) throw fault('no valid private key found');
  if (!isCertificate(cert)) {
    const words = 'tls: failed to find any PEM data in certificate input';
    throw fault(`failed to retrieve context tls info: ${words}`);
  }
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    const words = 'tls: private key does not match public key';
    throw fault(`failed to retrieve context tls info: ${words}`);
  }
}

function isCertificate(pem: Buffer): boolean {
  try {
    return new X509Certificate(pem).fingerprint !== '';
  } catch {
    return false;
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
