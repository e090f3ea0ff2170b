import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from './command.ts';

/** A directory with `ca.pem`, and `server-cert.pem`, `cert.pem` (a client's) with their keys; the caller removes it. */
export async function makeCertificates(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'tug-certificates-'));
  const at = (name: string) => join(directory, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const ca = ['-subj', '/CN=ca', '-keyout', at('ca-key.pem'), '-out', at('ca.pem')];
  await must(['openssl', 'req', '-x509', '-days', '2', ...key, ...ca]);
  for (const [name, usage] of [
    ['server-', 'serverAuth'],
    ['', 'clientAuth'],
  ] as const) {
    const request = at(`${name}request.pem`);
    await must(['openssl', 'req', ...key, '-subj', '/CN=x', '-keyout', at(`${name}key.pem`), '-out', request]);
    writeFileSync(at('extensions'), `subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=${usage}\n`);
    const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca-key.pem'), '-CAcreateserial', '-extfile', at('extensions')];
    const certificate = ['-in', request, ...signed, '-days', '2', '-out', at(`${name}cert.pem`)];
    await must(['openssl', 'x509', '-req', ...certificate]);
  }
  return directory;
}
