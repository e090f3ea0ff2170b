// The client over TLS: who shows the right certificates is served, who does not is refused, on either side.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, type TlsMaterial } from '../../src/client/index.ts';
import { makeCertificates } from '../support/certificates.ts';

let directory: string;
let server: ReturnType<typeof Bun.serve>;
const pem = (name: string) => readFileSync(join(directory, `${name}.pem`), 'utf8');

beforeAll(async () => {
  directory = await makeCertificates();
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    tls: {
      ca: pem('ca'),
      cert: pem('server-cert'),
      key: pem('server-key'),
      requestCert: true,
      rejectUnauthorized: true,
    },
    fetch: () => Response.json({ served: true }),
  });
});
afterAll(async () => {
  await server.stop(true);
  rmSync(directory, { recursive: true });
});

async function ask(tls: TlsMaterial): Promise<unknown> {
  const client = createClient({ host: `tcp://127.0.0.1:${server.port}`, tls });
  try {
    return await client.json({ method: 'GET', path: '/info' });
  } finally {
    client.close();
  }
}

test('both sides show certificates of the authority', async () => {
  const material = { ca: pem('ca'), cert: pem('cert'), key: pem('key'), verify: true };
  expect(await ask(material)).toEqual({ served: true });
});

test('without verifying any server will do', async () => {
  expect(await ask({ ca: '', cert: pem('cert'), key: pem('key'), verify: false })).toEqual({ served: true });
});

test('a server of another authority is refused', async () => {
  await expect(ask({ ca: '', cert: pem('cert'), key: pem('key'), verify: true })).rejects.toThrow();
});

test('a client without a certificate is refused', async () => {
  await expect(ask({ ca: pem('ca'), cert: '', key: '', verify: true })).rejects.toThrow();
});
