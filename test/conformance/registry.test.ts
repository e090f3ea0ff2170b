import { afterAll, beforeAll, expect, test } from 'bun:test';
import { run } from '../support/command.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type Engine, startEngine } from '../support/engine.ts';

const isThere = Bun.which('docker-registry') !== null;
let registry: DockerRegistry | undefined;
let engine: Engine;
beforeAll(async () => {
  registry = await startDockerRegistry();
  if (!registry) return;
  engine = await startEngine();
  await engine.withBusybox();
}, 60_000);
afterAll(async () => {
  await registry?.close();
  if (engine) expect(await engine.dispose()).toEqual([]);
}, 60_000);

const named = (name: string) => `${registry?.host}/${name}`;

async function docker(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await engine.docker(args);
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function tug(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await engine.tug(args);
  if (code !== 0) throw new Error(`tug ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** What another program finds in the registry. */
async function inspect(name: string): Promise<{ Digest: string; Layers: string[] }> {
  const { code, stdout, stderr } = await run(['skopeo', 'inspect', '--tls-verify=false', `docker://${named(name)}`]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as { Digest: string; Layers: string[] };
}

const digestIn = (text: string) => /digest: (sha256:[0-9a-f]{64})/i.exec(text)?.[1];

test.skipIf(!isThere)('what one command line pushes another pulls, under the same digest', async () => {
  await docker('tag', 'busybox:latest', named('box:1'));
  const pushed = digestIn(await docker('push', named('box:1')));
  expect((await inspect('box:1')).Digest).toBe(pushed ?? 'none');
  expect(await docker('image', 'inspect', '-f', '{{index .RepoDigests 0}}', named('box:1'))).toBe(
    `${named('box')}@${pushed}\n`,
  );
  await docker('rmi', named('box:1'), 'busybox:latest');
  const pulled = await tug('pull', named('box:1'));
  expect(pulled.split('\n').slice(-4)).toEqual([
    `Digest: ${pushed}`,
    `Status: Downloaded newer image for ${named('box:1')}`,
    named('box:1'),
    '',
  ]);
  expect(await tug('images', '--digests', '--format', '{{.Repository}} {{.Tag}} {{.Digest}}')).toBe(
    `${named('box')} 1 ${pushed}\n`,
  );
  expect(await docker('run', '--rm', '--network', 'none', `${named('box')}@${pushed}`, 'echo', 'hello')).toBe(
    'hello\n',
  );
});

test.skipIf(!isThere)('an image of another program keeps its digest from one repository to the next', async () => {
  const copy = ['skopeo', 'copy', '--src-tls-verify=false', '--dest-tls-verify=false', '--format=oci'];
  const { code, stderr } = await run([...copy, `docker://${named('box:1')}`, `docker://${named('oci:1')}`]);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  const { Digest, Layers } = await inspect('oci:1');
  await docker('pull', '-q', named('oci:1'));
  await docker('tag', named('oci:1'), named('elsewhere:2'));
  const words = await tug('push', named('elsewhere:2'));
  expect(words).toContain(`2: digest: ${Digest} size:`);
  expect((await inspect('elsewhere:2')).Layers).toEqual(Layers);
  await docker('rmi', named('elsewhere:2'), named('oci:1'));
});

test.skipIf(!isThere)('all tags, both ways', async () => {
  await docker('tag', named('box:1'), named('many:a'));
  await docker('tag', named('box:1'), named('many:b'));
  await docker('push', '-q', '-a', named('many'));
  await docker('rmi', named('many:a'), named('many:b'));
  await tug('pull', '-q', '-a', named('many'));
  const tags = await docker('images', '--format', '{{.Tag}}', named('many'));
  expect(tags.trim().split('\n').toSorted()).toEqual(['a', 'b']);
});

test.skipIf(!isThere)('what a registry has, and what it has not', async () => {
  const about = JSON.parse(await docker('manifest', 'inspect', '--insecure', named('box:1'))) as { layers: unknown[] };
  expect(about.layers).toHaveLength(1);
  const { status, json } = await engine.request('GET', `/distribution/${named('box:1')}/json`);
  const { Descriptor, Platforms } = json() as { Descriptor: { digest: string }; Platforms: { os: string }[] };
  expect([status, Descriptor.digest, Platforms[0]?.os]).toEqual([200, (await inspect('box:1')).Digest, 'linux']);
  const missing = await engine.docker(['pull', named('box:none')]);
  expect([missing.code, missing.stderr]).toEqual([
    1,
    `Error response from daemon: manifest for ${named('box:none')} not found: manifest unknown: manifest unknown\n`,
  ]);
  const never = await engine.docker(['run', '--pull', 'never', named('nothing:1')]);
  expect([never.code, never.stderr]).toEqual([125, expect.stringContaining(`No such image: ${named('nothing:1')}`)]);
});

test.skipIf(!isThere)('run asks the registry for what is missing, or always', async () => {
  await docker('rmi', '-f', named('box:1'));
  const run = ['run', '--rm', '--network', 'none'];
  const first = await engine.tug([...run, named('box:1'), 'echo', 'hello']);
  expect([first.stdout, first.stderr]).toEqual(['hello\n', expect.stringContaining('Downloaded newer image')]);
  const always = await engine.docker([...run, '--pull', 'always', named('box:1'), 'echo', 'hello']);
  expect([always.stdout, always.stderr]).toEqual(['hello\n', expect.stringContaining('Image is up to date')]);
});
