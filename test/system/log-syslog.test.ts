import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { makeCertificates } from '../support/certificates.ts';
import { until } from '../support/command.ts';
import { type Engine, freePort, startEngine } from '../support/engine.ts';
import { createRsyslog, type Rsyslog } from '../support/rsyslog.ts';

let engine: Engine;
let directory: string;
let server: Rsyslog;
let port: number;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tug-rsyslog-'));
  port = await freePort();
  server = createRsyslog(directory, {
    port,
    template: '%msg%',
    inputs: `module(load="imtcp" maxSessions="50")
input(type="imtcp" address="127.0.0.1" port="${port}")
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="${port}")
module(load="imuxsock" sysSock.use="off")
input(type="imuxsock" socket="${directory}/log.sock" createPath="on" useSysTimeStamp="off" useSpecialParser="off" parseHostname="on")`,
  });
  await server.start();
  engine = await startEngine();
  await engine.withBusybox();
});
afterAll(async () => {
  const left = await engine.dispose();
  await server.kill();
  rmSync(directory, { recursive: true, force: true });
  expect(left).toEqual([]);
});

const options = () => ['--log-driver', 'syslog', '--log-opt', `syslog-address=tcp://127.0.0.1:${port}`];
/** The numbers of `prefix` that arrived. */
const arrived = (prefix: string): number[] =>
  server
    .lines()
    .flatMap((line) => (line.trim().startsWith(`${prefix} `) ? [Number(line.trim().slice(prefix.length + 1))] : []));
const all = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test('every line of a container that removes itself arrives, once and in order', async () => {
  const script = 'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo "plain $i"; done';
  const { code } = await engine.docker(['run', '--rm', ...options(), 'busybox', 'sh', '-c', script]);
  expect(code).toBe(0);
  await until('all lines are there', () => arrived('plain').length >= 3000);
  expect(arrived('plain')).toEqual(all(3000));
});

for (const address of ['udp://127.0.0.1:PORT', 'unixgram://DIRECTORY/log.sock']) {
  for (const format of ['rfc3164', 'rfc5424', 'rfc5424micro']) {
    test(`every line arrives by ${address.split(':')[0]} in the form ${format}`, async () => {
      const prefix = `${address.slice(0, 3)}${format}`;
      const to = address.replace('PORT', String(port)).replace('DIRECTORY', directory);
      const options = [`syslog-address=${to}`, `syslog-format=${format}`, 'syslog-facility=local1', 'tag={{.Name}}'];
      const box = ['--log-driver', 'syslog', ...options.flatMap((option) => ['--log-opt', option]), 'busybox'];
      const script = `i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo "${prefix} $i"; done`;
      await engine.docker(['run', '--rm', ...box, 'sh', '-c', script]);
      await until('all lines are there', () => arrived(prefix).length >= 200);
      expect(arrived(prefix)).toEqual(all(200));
    });
  }
}

test('over TLS: the server must be known, messages are counted, and a client shows its certificate', async () => {
  const certificates = await makeCertificates();
  const file = (name: string) => readFileSync(join(certificates, name));
  const got: Buffer[] = [];
  const options = {
    cert: file('server-cert.pem'),
    key: file('server-key.pem'),
    ca: file('ca.pem'),
    requestCert: true,
    rejectUnauthorized: true,
  };
  const tls = createServer(options, (socket) => void socket.on('data', (bytes: Buffer) => got.push(bytes)));
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
  const { port: secure } = tls.address() as { port: number };
  const box = (...more: string[]) => {
    const opts = [`syslog-address=tcp+tls://127.0.0.1:${secure}`, 'syslog-format=rfc5424', ...more];
    return [
      'run',
      '--rm',
      '--log-driver',
      'syslog',
      ...opts.flatMap((option) => ['--log-opt', option]),
      'busybox',
      'echo',
      'secret',
    ];
  };
  try {
    const unknown = await engine.docker(box());
    expect(unknown.stderr).toContain(
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    );
    const missing = await engine.docker(box('syslog-tls-ca-cert=/nosuch'));
    expect(missing.stderr).toContain(
      'could not read CA certificate "/nosuch": open /nosuch: no such file or directory',
    );
    const at = (name: string) => join(certificates, name);
    const own = [
      `syslog-tls-ca-cert=${at('ca.pem')}`,
      `syslog-tls-cert=${at('cert.pem')}`,
      `syslog-tls-key=${at('key.pem')}`,
    ];
    expect((await engine.docker(box(...own))).stdout).toBe('secret\n');
    await until('the message is there', () => got.length > 0);
    const [, length = '', message = ''] = /^(\d+) (.*)$/s.exec(Buffer.concat(got).toString()) ?? [];
    expect(message.length).toBe(Number(length));
    expect(message).toMatch(/^<30>1 \S+ \S+ [0-9a-f]{12} \d+ [0-9a-f]{12} - secret\n$/);
  } finally {
    tls.close();
    rmSync(certificates, { recursive: true });
  }
});

test('no line is lost over restarts of the server and of the engine', async () => {
  const script =
    'i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo "lives $i"; [ $((i % 10)) = 0 ] && sleep 0.01; done; echo over';
  await engine.docker(['run', '-d', '--name', 'lives', ...options(), 'busybox', 'sh', '-c', script]);
  const has = (count: number) => until(`${count} lines`, () => arrived('lives').length >= count, 30_000);
  await has(200);
  await server.stop();
  await Bun.sleep(300);
  await server.start();
  await has(600);
  await engine.kill();
  await Bun.sleep(300);
  await engine.start();
  await has(1200);
  await server.kill();
  await engine.stop();
  await engine.start();
  await server.start();
  await engine.docker(['wait', 'lives']);
  await until('all lines are there', () => new Set(arrived('lives')).size >= 4000, 30_000);
  expect([...new Set(arrived('lives'))].toSorted((one, other) => one - other)).toEqual(all(4000));
}, 90_000);
