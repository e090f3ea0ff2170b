// `docker manifest` and `tug manifest` at one registry: every word, every exit code, every file, every digest.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, type Result, run } from '../support/command.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { makeLayout } from '../support/layout.ts';

const isThere = Bun.which('docker-registry') !== null && Bun.which('docker') !== null;
const executable = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');
const work = mkdtempSync(join(tmpdir(), 'tug-manifests-test-'));
let registry: DockerRegistry | undefined;
/** A digest of an image that is in the registry. */
let digest = '';

beforeAll(async () => {
  registry = isThere ? await startDockerRegistry() : undefined;
  if (!registry) return;
  makeLayout(join(work, 'layout'), { platforms: ['linux/amd64', 'linux/arm64/v8'], attestation: true });
  const copy = ['skopeo', 'copy', '--dest-tls-verify=false'];
  const source = `oci:${join(work, 'layout')}:1`;
  await must([...copy, '--all', source, `docker://${registry.host}/multi:1`]);
  await must([...copy, '--override-arch=amd64', source, `docker://${registry.host}/one:amd64`]);
  await must([...copy, '--override-arch=arm64', source, `docker://${registry.host}/one:arm64`]);
  await must([...copy, '--override-arch=amd64', '--format=v2s2', source, `docker://${registry.host}/one:docker`]);
  const shown = await must(['skopeo', 'inspect', '--tls-verify=false', `docker://${registry.host}/one:amd64`]);
  digest = (JSON.parse(shown) as { Digest: string }).Digest;
}, 60_000);
afterAll(async () => {
  await registry?.close();
  rmSync(work, { recursive: true });
});

/** One program with a directory of its own for config.json and lists; its lists go to `list`, whatever its name is. */
function program(command: string, own: string) {
  const directory = join(work, own);
  const env = { ...process.env, DOCKER_CONFIG: directory, DOCKER_HOST: 'unix:///nowhere', COLUMNS: '80' } as Record<
    string,
    string
  >;
  const words = (line: string) =>
    line
      .split(' ')
      .map((word) => word.replace(/^R\//, `${registry?.host}/`).replaceAll('OWN', own).replaceAll('DIGEST', digest));
  const plain = (text: string) => text.replaceAll(own, 'OWN');
  return {
    async run(line: string): Promise<Result> {
      // Whichever it is, it is called docker.
      const result = await run(['bash', '-c', 'exec -a docker "$0" "$@"', command, ...words(line)], { env });
      return { ...result, stdout: plain(result.stdout), stderr: plain(result.stderr) };
    },
    files(): Record<string, string> {
      const root = join(directory, 'manifests');
      const names = (readdirSync(root, { recursive: true, withFileTypes: true }) ?? []).filter((one) => one.isFile());
      return Object.fromEntries(
        names
          .map(({ parentPath, name }) => join(parentPath, name))
          .toSorted()
          .map((path) => [plain(path.slice(root.length)), readFileSync(path, 'utf8')]),
      );
    },
  };
}

/** In this order: each stands on those before. */
const lines = [
  'manifest',
  'manifest nosuch',
  'manifest create R/OWN:1',
  'manifest annotate R/OWN:1',
  'manifest inspect',
  'manifest inspect a b c',
  'manifest push',
  'manifest rm',
  'manifest inspect --insecure R/multi:1',
  'manifest inspect --insecure -v R/multi:1',
  'manifest inspect --insecure R/one:amd64',
  'manifest inspect --insecure -v R/one:docker',
  'manifest inspect --insecure -v R/one@DIGEST',
  'manifest inspect --insecure R/none:1',
  'manifest inspect BAD',
  'manifest create BAD R/one:amd64',
  'manifest create --insecure R/OWN:1 R/one:amd64 R/one:arm64',
  'manifest create --insecure R/OWN:1 R/one:docker',
  'manifest create --insecure --amend R/OWN:1 R/one:docker',
  'manifest create --insecure -a R/OWN:1 R/one@DIGEST',
  'manifest annotate R/OWN:1 R/one:docker --arch arm --variant v6 --os-features a,b --os-version 1.2',
  'manifest annotate R/OWN:1 R/one:docker --os linux --os-features b,c',
  'manifest annotate R/OWN:1 R/one:none --arch arm',
  'manifest annotate R/OWN:2 R/one:amd64 --arch arm',
  'manifest annotate R/OWN:1 R/one:amd64 --arch nosuch',
  'manifest annotate R/OWN:1 R/one:amd64 --os nosuch',
  'manifest annotate R/OWN:1 BAD',
  'manifest annotate BAD R/one:amd64',
  'manifest inspect R/OWN:1',
  'manifest inspect -v R/OWN:1',
  'manifest inspect R/OWN:1 R/one:docker',
  'manifest inspect -v R/OWN:1 R/one:docker',
  'manifest inspect R/OWN:1 R/one:none',
  'manifest push --insecure R/OWN:1',
  'manifest create --insecure R/OWN:3 R/multi:1',
  'manifest create --insecure R/OWN:3 R/none:1',
  'manifest create --insecure OWN:3 R/one:amd64',
  'manifest push --insecure OWN:3',
  'manifest create --insecure R/OWN R/one:arm64',
  'manifest push --insecure --purge R/OWN',
  'manifest push R/OWN',
  'manifest rm R/OWN:4 R/OWN:5',
  'manifest create --insecure R/OWN:6 R/one:arm64',
  'manifest rm R/OWN:6',
];

describe.skipIf(!isThere)('docker manifest', () => {
  const theirs = program('docker', 'theirs');
  const ours = program(executable, 'ours');

  for (const line of lines) {
    test(line, async () => {
      const [wanted, got] = await Promise.all([theirs.run(line), ours.run(line)]);
      expect(got).toEqual(wanted);
    });
  }
  test('leaves the same files', () => expect(ours.files()).toEqual(theirs.files()));
  test('and the same list in the registry', async () => {
    const raw = (name: string) =>
      must(['skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${registry?.host}/${name}:1`]);
    expect(await raw('ours')).toBe(await raw('theirs'));
  });
});
