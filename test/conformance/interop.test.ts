// Images go from tug to skopeo, podman, buildah and Docker, and from each of them to tug: by a registry and as archives, under one digest.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/oci/index.ts';
import { must, run } from '../support/command.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { makeLayout } from '../support/layout.ts';
import { inPeersNetwork, startPeer } from '../support/peer.ts';

const programs = ['docker-registry', 'skopeo', 'podman', 'buildah'];
const missing = programs.filter((name) => Bun.which(name) === null);
if (missing.length > 0) console.log(`tests with other programs are skipped: ${missing.join(', ')} not installed`);
const peer = missing.length > 0 ? undefined : await startPeer();

const work = mkdtempSync(join(tmpdir(), 'tug-interop-'));
const file = (name: string) => join(work, name);
let registry: DockerRegistry | undefined;
let peersRegistry: DockerRegistry | undefined;
let engine: Engine;
/** The digest of the list, and of its image for this machine. */
let list = '';
let own = { digest: '', id: '' };
const platforms = ['linux/amd64', 'linux/arm64/v8', 'linux/s390x'];
const foreign = process.arch === 'arm64' ? 'linux/amd64' : 'linux/arm64';

beforeAll(async () => {
  if (missing.length > 0) return;
  mkdirSync(file('registry'));
  writeFileSync(file('auth.json'), '{}');
  registry = await startDockerRegistry({ directory: file('registry') });
  // The peer has a network of its own, and there a registry with the same files.
  if (peer && registry) {
    peersRegistry = await startDockerRegistry({
      directory: file('registry'),
      host: registry.host,
      through: inPeersNetwork(peer),
    });
  }
  engine = await startEngine();
  list = makeLayout(file('layout'), { platforms, attestation: true });
  await skopeo('copy', '--all', '--dest-tls-verify=false', `oci:${file('layout')}:1`, remote('multi:1'));
  own = await inspect('multi:1');
}, 120_000);
afterAll(async () => {
  if (missing.length > 0) return;
  // What a test that failed has left there.
  for (const name of peer ? ['multi:1', 'tug:one', 'tug:all', 'docker:1'] : []) {
    await docker('rmi', '-f', named(name)).catch(() => '');
  }
  await registry?.close();
  await peersRegistry?.close();
  if (engine) expect(await engine.dispose()).toEqual([]);
  rmSync(work, { recursive: true, force: true });
}, 60_000);

const named = (name: string) => `${registry?.host}/${name}`;
const remote = (name: string) => `docker://${named(name)}`;
const env = { REGISTRY_AUTH_FILE: file('auth.json') };
const skopeo = (...args: string[]) => must(['skopeo', ...args], { env });
const storage = ['--root', file('storage'), '--runroot', file('run'), '--storage-driver', 'vfs'];
const podman = (...args: string[]) => must(['podman', ...storage, ...args], { env });
const buildah = (...args: string[]) => must(['buildah', ...storage, ...args], { env });
/** The peer, by its own program. */
const docker = (...args: string[]) => must(['docker', ...args], { env: { DOCKER_HOST: `unix://${peer}` } });

async function tug(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await engine.tug(args);
  if (code !== 0) throw new Error(`tug ${args.join(' ')}: ${stderr}`);
  return stdout.trimEnd();
}

const idOf = (name: string) => tug('image', 'inspect', '-f', '{{.Id}}', name);
/** What another program finds in the registry: of a list the image of this machine. */
async function inspect(name: string): Promise<{ digest: string; id: string }> {
  const manifest = await skopeo('inspect', '--raw', '--tls-verify=false', remote(name));
  const { config, manifests } = JSON.parse(manifest) as { config?: { digest: string }; manifests?: Entry[] };
  if (config) return { digest: digestOf(Buffer.from(manifest)), id: config.digest };
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const entry = manifests?.find(({ platform }) => platform.architecture === architecture);
  return inspect(`${name.split(':')[0]}@${entry?.digest}`);
}

interface Entry {
  digest: string;
  platform: { architecture: string };
}

const rawDigest = async (source: string) => {
  const { stdout } = await run(['skopeo', 'inspect', '--raw', '--tls-verify=false', source], { env });
  return digestOf(Buffer.from(stdout));
};

describe.skipIf(missing.length > 0)('a list of platforms', () => {
  test('is pulled whole, pushed whole, and is the same list', async () => {
    await tug('pull', '-q', '--platform', 'all', named('multi:1'));
    expect(await tug('image', 'inspect', '-f', '{{index .RepoDigests 0}}', named('multi:1'))).toBe(
      named(`multi@${list}`),
    );
    await tug('tag', named('multi:1'), named('tug:all'));
    expect(await tug('push', named('tug:all'))).toContain(`all: digest: ${list} size:`);
    expect(await rawDigest(remote('tug:all'))).toBe(list);
    const tree = await tug('images', '--tree');
    for (const platform of platforms) expect(tree).toContain(platform);
  });

  test('goes through the directories of skopeo sync', async () => {
    const sync = ['sync', '--all', '--src-tls-verify=false', '--dest-tls-verify=false'];
    await skopeo(...sync, '--src', 'docker', '--dest', 'dir', named('tug'), file('synced'));
    await skopeo(...sync, '--src', 'dir', '--dest', 'docker', file('synced'), named('synced'));
    expect(await tug('pull', '--platform', 'all', named('synced/tug:all'))).toContain(`Digest: ${list}`);
    await tug('rmi', named('synced/tug:all'));
  });

  test('is an archive that skopeo carries to a registry', async () => {
    await tug('save', '-o', file('list.tar'), named('multi:1'));
    expect(await rawDigest(`oci-archive:${file('list.tar')}`)).toBe(list);
    await skopeo('copy', '--all', '--dest-tls-verify=false', `oci-archive:${file('list.tar')}`, remote('archived:1'));
    expect(await rawDigest(remote('archived:1'))).toBe(list);
  });

  test('comes back from an archive of skopeo', async () => {
    await skopeo(
      'copy',
      '--all',
      '--src-tls-verify=false',
      remote('multi:1'),
      `oci-archive:${file('skopeo.tar')}:${named('skopeo:1')}`,
    );
    expect(await tug('load', '-i', file('skopeo.tar'))).toBe(`Loaded image: ${named('skopeo:1')}`);
    expect(await tug('push', named('skopeo:1'))).toContain(`1: digest: ${list} size:`);
    expect(await tug('run', '--rm', '--network', 'none', named('skopeo:1'), '/bin/busybox', 'cat', '/platform')).toBe(
      platforms[0] ?? '',
    );
    await tug('rmi', named('skopeo:1'));
  });

  test('and is gone once skopeo has deleted it', async () => {
    await skopeo('delete', '--tls-verify=false', remote('archived:1'));
    const { code, stderr } = await engine.tug(['pull', named('archived:1')]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('manifest unknown')]);
  });
});

describe.skipIf(missing.length > 0)('an image of tug', () => {
  beforeAll(async () => {
    await tug('tag', named('multi:1'), named('tug:one'));
    expect(
      await tug('push', '--platform', process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64', named('tug:one')),
    ).toContain(own.digest);
    await tug('save', '--platform', 'linux/amd64', '-o', file('tug.tar'), named('multi:1'));
    await tug('save', '--platform', foreign, '-o', file('foreign.tar'), named('multi:1'));
  });

  test('is pulled by podman and buildah', async () => {
    await podman('pull', '-q', '--tls-verify=false', named('tug:one'));
    expect(await podman('image', 'inspect', '-f', '{{.Digest}} sha256:{{.Id}}', named('tug:one'))).toBe(
      `${own.digest} ${own.id}`,
    );
    await podman('rmi', '-f', '-a');
    await buildah('pull', '-q', '--tls-verify=false', named('tug:one'));
    const shown = JSON.parse(await buildah('inspect', '--type', 'image', named('tug:one'))) as {
      FromImageID: string;
      FromImageDigest: string;
    };
    expect([shown.FromImageDigest, `sha256:${shown.FromImageID}`]).toEqual([own.digest, own.id]);
  });

  test('is loaded by podman, buildah and skopeo, also that of another platform', async () => {
    await podman('rmi', '-f', '-a');
    await podman('load', '-q', '-i', file('tug.tar'));
    expect(await podman('images', '-a', '-q', '--no-trunc')).toBe(own.id);
    await podman('rmi', '-f', '-a');
    await buildah('pull', '-q', `oci-archive:${file('tug.tar')}`);
    expect(await podman('images', '-a', '-q', '--no-trunc')).toBe(own.id);
    await podman('rmi', '-f', '-a');
    await buildah('pull', '-q', `docker-archive:${file('tug.tar')}`);
    expect(await podman('images', '-a', '-q', '--no-trunc')).toBe(own.id);
    expect(await rawDigest(`oci-archive:${file('tug.tar')}`)).toBe(own.digest);
    await skopeo('copy', `docker-archive:${file('tug.tar')}`, `dir:${file('copied')}`);
    await podman('load', '-q', '-i', file('foreign.tar'));
    const id = await tug('image', 'inspect', '--platform', foreign, '-f', '{{.Id}}', named('multi:1'));
    expect(await podman('images', '-a', '-q', '--no-trunc')).toContain(id);
  });

  test.skipIf(!peer)('is pulled and loaded by Docker', async () => {
    expect(await docker('pull', named('tug:one'))).toContain(`Digest: ${own.digest}`);
    expect(await docker('image', 'inspect', '-f', '{{.Id}}', named('tug:one'))).toBe(own.id);
    await docker('rmi', named('tug:one'));
    expect(await docker('pull', named('tug:all'))).toContain(`Digest: ${list}`);
    await docker('rmi', named('tug:all'));
    for (const archive of ['tug.tar', 'list.tar']) {
      expect(await docker('load', '-i', file(archive))).toBe(`Loaded image: ${named('multi:1')}`);
      expect(await docker('image', 'inspect', '-f', '{{.Id}}', named('multi:1'))).toBe(own.id);
      await docker('rmi', named('multi:1'));
    }
  });
});

/** Loads an archive where nothing of it is known; the id of what was loaded. */
async function loaded(archive: string): Promise<string> {
  await tug('image', 'prune', '-a', '-f');
  const name = /Loaded image(?: ID)?: (\S+)/.exec(await tug('load', '-i', file(archive)))?.[1] ?? '';
  return idOf(name);
}

describe.skipIf(missing.length > 0)('an image of another program', () => {
  test('podman: by a registry and as archives', async () => {
    await podman('rmi', '-f', '-a');
    await podman('pull', '-q', '--tls-verify=false', named('multi:1'));
    await podman('tag', named('multi:1'), named('podman:1'));
    await podman('push', '-q', '--tls-verify=false', named('podman:1'));
    const there = await inspect('podman:1');
    await tug('image', 'prune', '-a', '-f');
    expect(await tug('pull', named('podman:1'))).toContain(`Digest: ${there.digest}`);
    expect(await idOf(named('podman:1'))).toBe(there.id);
    await tug('tag', named('podman:1'), named('podman:again'));
    expect(await tug('push', named('podman:again'))).toContain(`again: digest: ${there.digest}`);
    for (const format of ['oci-archive', 'docker-archive']) {
      await podman('save', '-q', '--format', format, '-o', file(`podman.${format}`), named('podman:1'));
      expect(await loaded(`podman.${format}`)).toBe(own.id);
    }
  });

  test('buildah: by a registry and as archives, in both formats', async () => {
    for (const format of ['oci', 'docker']) {
      const container = await buildah('from', 'scratch');
      writeFileSync(file('hello'), format);
      await buildah('copy', '-q', container, file('hello'), '/hello');
      await buildah('config', '--label', `format=${format}`, container);
      const id = await buildah('commit', '-q', '--format', format, container, 'built:1');
      await buildah('push', '-q', '--tls-verify=false', 'built:1', remote(`buildah:${format}`));
      const there = await inspect(`buildah:${format}`);
      await tug('image', 'prune', '-a', '-f');
      expect(await tug('pull', named(`buildah:${format}`))).toContain(`Digest: ${there.digest}`);
      expect(await idOf(named(`buildah:${format}`))).toBe(there.id);
      await tug('tag', named(`buildah:${format}`), named(`buildah:${format}-again`));
      expect(await tug('push', named(`buildah:${format}-again`))).toContain(`digest: ${there.digest}`);
      await buildah('push', '-q', 'built:1', `docker-archive:${file(`buildah.${format}`)}:built:1`);
      expect(await loaded(`buildah.${format}`)).toBe(`sha256:${id}`);
      await buildah('push', '-q', 'built:1', `oci-archive:${file(`buildah.oci.${format}`)}:built:1`);
      const other = await loaded(`buildah.oci.${format}`);
      // A config of Docker's is written anew for an archive of OCI's: that is another image.
      if (format === 'oci') expect(other).toBe(`sha256:${id}`);
      else expect(other).not.toBe(`sha256:${id}`);
    }
  });

  test('skopeo: archives of both kinds', async () => {
    for (const kind of ['oci-archive', 'docker-archive']) {
      await skopeo('copy', '--src-tls-verify=false', remote('multi:1'), `${kind}:${file(`skopeo.${kind}`)}:copied:1`);
      expect(await loaded(`skopeo.${kind}`)).toBe(own.id);
    }
  });

  test.skipIf(!peer)('Docker: by a registry and as an archive', async () => {
    await docker('pull', '-q', named('multi:1'));
    await docker('tag', named('multi:1'), named('docker:1'));
    await docker('push', '-q', named('docker:1'));
    const there = await inspect('docker:1');
    await tug('image', 'prune', '-a', '-f');
    expect(await tug('pull', named('docker:1'))).toContain(`Digest: ${there.digest}`);
    expect(await idOf(named('docker:1'))).toBe(own.id);
    await tug('tag', named('docker:1'), named('docker:again'));
    expect(await tug('push', named('docker:again'))).toContain(`digest: ${there.digest}`);
    await docker('save', '-o', file('docker.tar'), named('docker:1'));
    expect(await loaded('docker.tar')).toBe(own.id);
    await docker('rmi', named('docker:1'), named('multi:1'));
  });
});
