// One Dockerfile for several platforms: what is copied and what is said in ARGs, the list that becomes of it, and its way to a registry.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildContext } from '../support/build-context.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type Engine, startEngine } from '../support/engine.ts';

setDefaultTimeout(120_000);

let engine: Engine;
let registry: DockerRegistry | undefined;
let directory: string;

beforeAll(async () => {
  registry = await startDockerRegistry();
  directory = mkdtempSync(join(tmpdir(), 'tug-platforms-'));
  engine = await startEngine();
  await engine.withBusybox();
});

afterAll(async () => {
  await registry?.close();
  rmSync(directory, { recursive: true, force: true });
  expect(await engine.dispose()).toEqual([]);
});

const dockerfile = [
  'FROM --platform=$BUILDPLATFORM busybox AS tools',
  'RUN cat /proc/sys/kernel/random/uuid > /once',
  'FROM --platform=$BUILDPLATFORM scratch AS said',
  'ARG TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT BUILDPLATFORM BUILDARCH',
  'COPY <<end /platform',
  '$TARGETPLATFORM $TARGETOS $TARGETARCH <$TARGETVARIANT> $BUILDPLATFORM $BUILDARCH',
  'end',
  'FROM scratch',
  'COPY --from=said /platform /platform',
  'COPY --from=tools /once /once',
  'CMD ["/none"]',
].join('\n');

const three = ['--platform', 'linux/amd64,linux/arm64', '--platform', 'linux/arm/v7'];

async function build(args: string[], given: Record<string, string> = { Dockerfile: dockerfile }) {
  using context = buildContext(given);
  return await engine.tug(['build', '--progress=plain', '--network=none', ...args, context.directory]);
}

async function lines(args: string[]): Promise<string> {
  const { code, stdout, stderr } = await engine.tug(args);
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

test('each platform has its own ARGs, and what they share is made once', async () => {
  const out = join(directory, 'out');
  const { code, stderr } = await build([...three, '-o', out]);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  expect(readdirSync(out).toSorted()).toEqual(['linux_amd64', 'linux_arm64', 'linux_arm_v7']);
  const read = (platform: string, name: string) => readFileSync(join(out, platform, name), 'utf8').trim();
  const host = process.arch === 'x64' ? 'amd64' : process.arch;
  expect(read('linux_amd64', 'platform')).toBe(`linux/amd64 linux amd64 <> linux/${host} ${host}`);
  expect(read('linux_arm_v7', 'platform')).toBe(`linux/arm/v7 linux arm <v7> linux/${host} ${host}`);
  expect(read('linux_amd64', 'once')).toBe(read('linux_arm64', 'once'));
  expect(new Set(stderr.match(/^#\d+ (?=\[.*RUN cat)/gm)).size).toBe(1);
});

test('the image is a list: shown, inspected, saved, pushed and read as one', async () => {
  if (!registry) return;
  const name = `${registry.host}/many:1`;
  const metadata = join(directory, 'metadata.json');
  expect((await build([...three, '-t', name, '--metadata-file', metadata])).code).toBe(0);
  const tree = await lines(['image', 'ls', '--tree']);
  for (const platform of ['linux/amd64', 'linux/arm64', 'linux/arm/v7']) expect(tree).toContain(platform);
  expect(await lines(['image', 'inspect', '--platform', 'linux/arm64', '-f', '{{.Architecture}}', name])).toBe('arm64');
  expect(await lines(['push', name])).toContain('digest: sha256:');
  const { manifests } = JSON.parse(await lines(['manifest', 'inspect', '--insecure', name])) as {
    manifests: { platform: { architecture: string }; digest: string }[];
  };
  expect(manifests.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64', 'arm']);
  const answer = await fetch(`http://${registry.host}/v2/many/manifests/1`, {
    headers: { accept: 'application/vnd.oci.image.index.v1+json' },
  });
  const told = JSON.parse(readFileSync(metadata, 'utf8')) as Record<string, string>;
  expect(answer.headers.get('docker-content-digest')).toBe(told['containerimage.digest'] ?? '');
  // The same build again is the same list.
  expect((await build([...three, '-t', 'again', '--metadata-file', metadata])).code).toBe(0);
  expect((JSON.parse(readFileSync(metadata, 'utf8')) as typeof told)['containerimage.digest']).toBe(
    told['containerimage.digest'] ?? '',
  );
  await lines(['rmi', name, 'again']);
  await lines(['pull', '--platform', 'linux/arm/v7', name]);
  expect(await lines(['inspect', '-f', '{{.Architecture}}', name])).toBe('arm');
  await lines(['rmi', name]);
});

test('an archive of several platforms', async () => {
  const path = join(directory, 'archive.tar');
  expect((await build([...three, '-o', `type=oci,dest=${path}`])).code).toBe(0);
  expect(await lines(['load', '-i', path])).toContain('Loaded image');
  const refused = await build([...three, '-o', `type=docker,dest=${path}`]);
  expect(refused.stderr).toContain('docker exporter does not currently support exporting manifest lists');
});

test('a step for another machine says what it lacks, where no emulator is there', async () => {
  if (existsSync('/proc/sys/fs/binfmt_misc/qemu-s390x')) return;
  // A program of another machine, as far as the kernel looks at it.
  const elf = Buffer.alloc(128);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 2, 1]);
  elf.writeUInt16BE(2, 16);
  elf.writeUInt16BE(22, 18);
  const given = {
    Dockerfile: `FROM scratch\nADD --chmod=755 <<x /unused\nx\nADD --chmod=755 program /program\nRUN ["/program"]\n`,
    program: elf.toString('latin1'),
  };
  const { code, stderr } = await build(['--platform', 'linux/s390x'], given);
  expect(code).toBe(1);
  expect(stderr.toLowerCase()).toContain('exec format error');
  expect(stderr).toMatch(/a RUN for linux\/s390x cannot be executed on this host .*binfmt_misc/);
});

test('platforms that are none, and images that are not of the platform', async () => {
  expect((await build(['--platform', 'foo'])).stderr).toContain('unknown operating system or architecture');
  expect((await build(['--platform', 'windows/amd64'])).stderr).toContain('operating system is not supported');
  const { code, stderr } = await build([...three, '--network=none'], { Dockerfile: 'FROM busybox\nCMD x\n' });
  expect(code).toBe(1);
  expect(stderr).toContain('busybox');
});
