import { afterAll, beforeAll, expect, test } from 'bun:test';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent } from '../../src/kit/index.ts';
import { createRegistry, defaultSettings } from '../../src/registry/index.ts';
import { makeCertificates } from '../support/certificates.ts';

let pems = '';
let server: Server;
let host = '';
beforeAll(async () => {
  pems = await makeCertificates();
  const read = (name: string) => readFileSync(join(pems, name));
  const own = { cert: read('server-cert.pem'), key: read('server-key.pem') };
  // Who shows no certificate of the authority is let in and refused, so that what is seen does not depend on the handshake.
  server = createServer(
    { ...own, ca: read('ca.pem'), requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const isKnown = (request.socket as unknown as { authorized: boolean }).authorized;
      if (request.url === '/v2/') response.end('{}');
      else response.writeHead(isKnown ? 200 : 403).end(JSON.stringify({ tags: ['good'] }));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(pems, { recursive: true, force: true });
});

/** The tags there, with these files in the directory of that registry. */
async function tags(files: Record<string, string>): Promise<string[]> {
  const certificates = mkdtempSync(join(tmpdir(), 'tug-certs-d-'));
  try {
    mkdirSync(join(certificates, host));
    for (const [name, from] of Object.entries(files)) copyFileSync(join(pems, from), join(certificates, host, name));
    const settings = () => ({ ...defaultSettings, certificates, prefixes: { [host]: { insecure: false } } });
    const registry = createRegistry({ log: silent, settings, pause: async () => undefined });
    return await registry.at({ domain: host, path: 'box' }, { access: 'pull' }, (repository) => repository.tags());
  } finally {
    rmSync(certificates, { recursive: true, force: true });
  }
}

test('an authority of the directory is trusted, and the engine proves itself with the certificate there', async () => {
  expect(await tags({ 'ca.crt': 'ca.pem', 'client.cert': 'cert.pem', 'client.key': 'key.pem' })).toEqual(['good']);
  await expect(tags({ 'ca.crt': 'ca.pem' })).rejects.toThrow('denied');
});

test('without it nothing is trusted, and nothing is sent without TLS', async () => {
  await expect(tags({})).rejects.toThrow(
    `Get "https://${host}/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  );
});

test('half a pair is refused', async () => {
  await expect(tags({ 'client.cert': 'cert.pem' })).rejects.toThrow(
    'missing key client.key for client certificate client.cert',
  );
  await expect(tags({ 'client.key': 'key.pem' })).rejects.toThrow(
    'missing client certificate client.cert for key client.key',
  );
});
