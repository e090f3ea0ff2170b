// The engine on a port: plain, with TLS, and with TLS that wants a certificate of the client.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificates } from '../support/certificates.ts';
import { type Result, run } from '../support/command.ts';
import { type Engine, freePort, startEngine } from '../support/engine.ts';

let certificates: string;
beforeAll(async () => {
  certificates = await makeCertificates();
});
afterAll(() => rmSync(certificates, { recursive: true }));

const ours = join(import.meta.dirname, '../../dist/tug');
const file = (name: string) => join(certificates, name);
const serverTls = () => [`--tlscert=${file('server-cert.pem')}`, `--tlskey=${file('server-key.pem')}`];
const clientTls = () => [
  `--tlscacert=${file('ca.pem')}`,
  `--tlscert=${file('cert.pem')}`,
  `--tlskey=${file('key.pem')}`,
];

/** Docker's command line and ours at the port. */
async function each(port: number, args: string[]): Promise<Result[]> {
  const options = { env: { DOCKER_HOST: '', DOCKER_CONFIG: join(certificates, 'none') } };
  const host = ['-H', `tcp://127.0.0.1:${port}`];
  return Promise.all(['docker', ours].map((program) => run([program, ...host, ...args], options)));
}

describe('with certificates of clients', () => {
  let engine: Engine;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    engine = await startEngine({
      args: [`--host=tcp://127.0.0.1:${port}`, '--tlsverify', `--tlscacert=${file('ca.pem')}`, ...serverTls()],
    });
    await engine.withBusybox();
  }, 60_000);
  afterAll(async () => expect(await engine.dispose()).toEqual([]), 60_000);

  test('who shows one can do everything, attached streams included', async () => {
    const shell = ['run', '--rm', '-i', 'busybox', 'sh', '-c', 'wc -c; exit 7'];
    for (const program of ['docker', ours]) {
      const args = ['-H', `tcp://127.0.0.1:${port}`, '--tlsverify', ...clientTls(), ...shell];
      const result = await run([program, ...args], { stdin: 'x'.repeat(300_000), env: { DOCKER_HOST: '' } });
      expect([result.stdout, result.stderr, result.code]).toEqual(['300000\n', '', 7]);
    }
    expect(engine.daemonLog()).not.toContain('is insecure');
  }, 60_000);

  test('who shows none, or speaks no TLS, gets nothing', async () => {
    for (const result of await each(port, ['--tls', `--tlscacert=${file('ca.pem')}`, '--tlsverify', 'version'])) {
      expect(result.code).not.toBe(0);
      expect(result.stdout).not.toContain('Server');
    }
    for (const result of await each(port, ['ps'])) {
      expect([result.stdout, result.code]).toEqual(['', 1]);
      expect(result.stderr).toContain('Client sent an HTTP request to an HTTPS server.');
    }
    const words = await run(['curl', '-s', '-i', '--max-time', '5', `http://127.0.0.1:${port}/version`]);
    expect(words.stdout).toBe('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n');
    const foreign = await run(['curl', '-sk', '--max-time', '5', `https://127.0.0.1:${port}/version`]);
    expect([foreign.stdout, foreign.code === 0]).toEqual(['', false]);
    expect((await engine.request('GET', '/_ping')).status).toBe(200);
  }, 30_000);
});

test('TLS without them, and an open port, are warned of', async () => {
  const [secure, open] = [await freePort(), await freePort()];
  // Debian's own order, where IPv6 comes first; clients dial 127.0.0.1.
  const hostFiles = { '/etc/hosts': '::1 localhost\n127.0.0.1 localhost\n' };
  const args = [`--host=tcp://localhost:${secure}`, '--tlsverify=false', ...serverTls()];
  const engine = await startEngine({ args, hostFiles });
  for (const result of await each(secure, ['--tls', `--tlscacert=${file('ca.pem')}`, 'ps', '-q'])) {
    expect(result).toEqual({ stdout: '', stderr: '', code: 0 });
  }
  expect(engine.daemonLog()).toContain('Binding to IP address without --tlsverify is insecure');
  expect(await engine.dispose()).toEqual([]);
  const plain = await startEngine({ args: [`--host=tcp://127.0.0.1:${open}`] });
  for (const result of await each(open, ['ps', '-q'])) expect(result).toEqual({ stdout: '', stderr: '', code: 0 });
  expect(await plain.dispose()).toEqual([]);
}, 60_000);

test.each([
  [['--tls', '--tlscert=/nosuch'], 'Could not load X509 key pair (cert: "/nosuch"'],
  [
    ['--tlsverify', '--tlscacert=/nosuch'],
    'could not read CA certificate "/nosuch": open /nosuch: no such file or directory',
  ],
])('%p is refused before anything is made', async (args, words) => {
  const data = join(certificates, 'data');
  const own = [`--data-root=${data}`, `--exec-root=${data}`, `--pidfile=${data}/pid`, '--host=tcp://127.0.0.1:1'];
  const result = await run([ours, 'daemon', ...own, ...serverTls(), ...args]);
  expect(result.stderr).toContain(`invalid TLS configuration: ${words}`);
  expect(existsSync(data)).toBe(false);
});
