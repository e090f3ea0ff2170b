import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, inflateSync } from 'node:zlib';
import { must, run, until } from '../support/command.ts';
import { type Engine, freePort, startEngine } from '../support/engine.ts';
import { unpack, type Value } from '../support/forward.ts';
import { busyboxTar } from '../support/image.ts';
import type { Kind } from '../support/log-receiver.ts';
import { inPeersNetwork, startPeer } from '../support/peer.ts';

// What this engine sends to log servers is compared, byte for byte after times and ids, with what a real Docker sends.

const image = 'log-drivers:1';
let directory: string;
let engine: Engine;
let peer: string | undefined;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tug-logs-'));
  peer = await startPeer();
  engine = await startEngine();
  const tar = await busyboxTar();
  for (const host of hosts()) await must(['docker', 'import', tar, image], { env: { DOCKER_HOST: host } });
  rmSync(tar);
}, 120_000);
afterAll(async () => {
  if (peer) await run(['docker', 'rmi', image], { env: { DOCKER_HOST: `unix://${peer}` } });
  const left = await engine.dispose();
  rmSync(directory, { recursive: true, force: true });
  expect(left).toEqual([]);
});

const hosts = (): string[] => [engine.host, ...(peer ? [`unix://${peer}`] : [])];

/** Lines of all sorts: markup, controls, bytes that are no text, an empty one, parts of a long one, and an unfinished end. */
const script = String.raw`printf 'plain\n'; sleep 0.1; printf 'a<b>&"\\\t\r\n'; sleep 0.1; printf 'on stderr\n' >&2; sleep 0.1;
printf '\n'; sleep 0.1; printf 'bytes \377\302x \342\200\250 \303\251 \001\n'; sleep 0.1; head -c 40000 /dev/zero | tr '\0' x; echo; sleep 0.1; printf 'no end'`;

/** What a receiver got, by connection, of one run on one engine. */
async function wire(
  host: string,
  driver: string,
  { kind, options }: { kind: Kind; options: (at: string) => string[] },
) {
  const through = peer && host.endsWith(peer) ? inPeersNetwork(peer) : [];
  const out = join(directory, `${Math.random()}`);
  const at = String(await freePort());
  const program = join(import.meta.dirname, '../support/log-receiver.ts');
  const [command = '', ...args] = [...through, process.execPath, program, kind, at, out];
  const receiver: ChildProcess = spawn(command, args, { stdio: 'inherit' });
  try {
    await until('the receiver listens', () => existsSync(out));
    const opts = options(at).flatMap((option) => ['--log-opt', option]);
    const about = ['--name', 'log-wire', '--label', 'a.b=<1>', '--env', 'X_y=2'];
    const box = ['run', '--rm', '--log-driver', driver, ...opts, ...about, image, 'sh', '-c', script];
    const { code, stderr } = await run(['docker', ...box], { env: { DOCKER_HOST: host } });
    expect(`${code} ${stderr}`).toStartWith('0');
    await until('the last line is there', () =>
      bytesOf(out).some((bytes) => /no end(?!')/.test(plain(bytes).toString('latin1'))),
    );
    return bytesOf(out);
  } finally {
    receiver.kill();
    await run(['docker', 'rm', '-f', 'log-wire'], { env: { DOCKER_HOST: host } });
  }
}

const bytesOf = (out: string): Buffer[] =>
  readFileSync(out, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => Buffer.from(line.split(' ')[1] ?? '', 'base64'));

/** What a GELF datagram holds; a part of a message stays as it is. */
function plain(bytes: Buffer): Buffer {
  if (bytes[0] === 0x1f) return gunzipSync(bytes);
  return bytes[0] === 0x78 && bytes.readUInt16BE(0) % 31 === 0 ? inflateSync(bytes) : bytes;
}

const normal = (text: string): string =>
  text
    .replaceAll(hostname(), 'HOST')
    .replace(/\b[0-9a-f]{64}\b/g, 'ID')
    .replace(/\b[0-9a-f]{12}\b/g, 'SHORT')
    .replace(/\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d/g, 'STAMP')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6}(?=Z| |\+))?(\.\d+)?(Z|[+-]\d\d:\d\d)/g, (_, micro) =>
      micro ? 'MICRO' : 'TIME',
    )
    .replace(/"timestamp":\d+(\.\d{1,3})?,/g, '"timestamp":T,')
    .replace(/(\[|log-wire |SHORT )\d+(\]| )/g, '$1PID$2');

async function compare(driver: string, setup: Parameters<typeof wire>[2], view: (all: Buffer[]) => unknown) {
  const [own, theirs] = await Promise.all([
    wire(engine.host, driver, setup),
    peer ? wire(`unix://${peer}`, driver, setup) : undefined,
  ]);
  const seen = view(own);
  if (theirs) expect(seen).toEqual(view(theirs));
  return seen;
}

const joined = (all: Buffer[]): string => normal(Buffer.concat(all).toString('latin1'));

for (const format of ['', 'rfc3164', 'rfc5424', 'rfc5424micro']) {
  test(`syslog over TCP, format ${format || 'of a local syslog'}`, async () => {
    const tag = '{{.Name}}';
    const options = (at: string) => [
      `syslog-address=tcp://127.0.0.1:${at}`,
      `syslog-format=${format}`,
      `tag=${tag}`,
      'syslog-facility=local3',
    ];
    const seen = await compare('syslog', { kind: 'tcp', options }, joined);
    expect(seen).toContain('on stderr\n');
  }, 60_000);
}

test('syslog over UDP: a datagram a message', async () => {
  const options = (at: string) => [`syslog-address=udp://127.0.0.1:${at}`];
  const view = (all: Buffer[]) => all.map((bytes) => normal(bytes.toString('latin1')));
  const seen = (await compare('syslog', { kind: 'udp', options }, view)) as string[];
  expect(seen.length).toBe(8);
}, 60_000);

const texts = (map: Value): Value =>
  typeof map === 'object' && !Array.isArray(map) ? { ...map, partial_id: 'P' } : map;

for (const precision of ['false', 'true']) {
  test(`fluentd: the same messages, sub-second precision ${precision}`, async () => {
    const extra = ['labels=a.b', 'env-regex=^X', 'tag=docker.{{.Name}}', `fluentd-sub-second-precision=${precision}`];
    const options = (at: string) => [`fluentd-address=127.0.0.1:${at}`, ...extra];
    const view = (all: Buffer[]) =>
      unpack(Buffer.concat(all)).map((message) => {
        if (!Array.isArray(message)) return message;
        const [tag, time, record, option] = message;
        const shape = typeof time === 'number' ? 'seconds' : String(time).replace(/ \d+ \d+$/, '');
        return [tag, shape, normal(JSON.stringify(texts(record ?? ''), Object.keys(record ?? {}).toSorted())), option];
      });
    const seen = (await compare('fluentd', { kind: 'tcp', options }, view)) as unknown[];
    expect(seen.length).toBe(9);
  }, 60_000);
}

test('fluentd with acknowledgements: every chunk once', async () => {
  const options = (at: string) => [`fluentd-address=127.0.0.1:${at}`, 'fluentd-request-ack=true'];
  const view = (all: Buffer[]) => {
    const chunks = unpack(Buffer.concat(all)).map((message) =>
      Array.isArray(message) ? (message[3] as { chunk: string }).chunk : '',
    );
    expect(new Set(chunks).size).toBe(chunks.length);
    return chunks.map((chunk) => chunk.length);
  };
  expect(await compare('fluentd', { kind: 'forward', options }, view)).toEqual(Array(9).fill(24));
}, 60_000);

for (const [scheme, more] of [
  ['tcp', []],
  ['udp', []],
  ['udp', ['gelf-compression-type=zlib', 'gelf-compression-level=9']],
  ['udp', ['gelf-compression-type=none']],
] as const) {
  test(`gelf over ${scheme} ${more.join(' ')}`, async () => {
    const options = (at: string) => [`gelf-address=${scheme}://127.0.0.1:${at}`, 'labels=a.b', 'env=X_y', ...more];
    const view = (all: Buffer[]) => {
      if (scheme === 'tcp') return joined(all).split('\0');
      const chunks = all.filter((bytes) => bytes[0] === 0x1e);
      const whole = all.filter((bytes) => bytes[0] !== 0x1e).map((bytes) => normal(plain(bytes).toString('latin1')));
      // By a random id of eight bytes: what belongs to which message is seen by the rest.
      const heads = chunks.map((bytes) => [bytes[10], bytes[11], bytes.length > 1400 ? 'full' : 'last']);
      const ids = [...new Set(chunks.map((bytes) => bytes.toString('hex', 2, 10)))];
      const parts = ids.map((id) =>
        Buffer.concat(chunks.filter((bytes) => bytes.toString('hex', 2, 10) === id).map((bytes) => bytes.subarray(12))),
      );
      return { whole, heads, parts: parts.map((bytes) => normal(plain(bytes).toString('latin1'))) };
    };
    await compare('gelf', { kind: scheme, options }, view);
  }, 60_000);
}
