import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { must, run } from './command.ts';
import { type Engine, startEngine } from './engine.ts';
import { busyboxTar } from './image.ts';

const version = '7.1.0';
const kept = join(import.meta.dirname, `../../.cache/docker-py-${version}`);
const packages = [
  'python3-pytest',
  'python3-pytest-timeout',
  'python3-requests',
  'python3-urllib3',
  'python3-packaging',
  'python3-paramiko',
];

/**
 * A checkout of docker-py: TUG_DOCKER_PY, or one that was fetched before or can be now. Undefined where none can be had; says why.
 */
export async function dockerPy(): Promise<string | undefined> {
  const given = process.env.TUG_DOCKER_PY ?? kept;
  if (existsSync(join(given, 'tests/integration'))) return given;
  mkdirSync(join(kept, '..'), { recursive: true });
  const source = 'https://github.com/docker/docker-py';
  const cloned = await run(['git', 'clone', '-q', '--depth', '1', '--branch', version, source, kept], {
    timeout: 60_000,
  });
  if (cloned.code === 0) return kept;
  console.log(
    `docker-py's tests are skipped, it cannot be fetched (TUG_DOCKER_PY names a checkout): ${cloned.stderr.trim()}`,
  );
  return undefined;
}

/** The names of its tests that two real engines pass: a file in test/peers. */
export function passedByDocker(file: string): string[] {
  return readFileSync(join(import.meta.dirname, '../peers', file), 'utf8')
    .trim()
    .split('\n');
}

/** An engine as its tests want one: in experimental mode, which some ask for before they begin, and with the images they name. */
export async function engineForDockerPy(): Promise<Engine> {
  const engine = await startEngine({ args: ['--experimental'] });
  const tar = await busyboxTar();
  for (const name of ['alpine:3.10', 'alpine:latest', 'busybox:latest']) {
    await must(['docker', '-H', engine.host, 'import', '--change', 'CMD ["sh"]', tar, name]);
  }
  rmSync(tar);
  return engine;
}

/** Runs some of its integration tests (all without `names`); those that passed. */
export async function runDockerPy(
  directory: string,
  host: string,
  names: string[] = ['tests/integration'],
): Promise<Set<string>> {
  const missing = (await run(['dpkg', '-s', ...packages])).code !== 0;
  if (missing)
    await must(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages], { timeout: 300_000 });
  const pytest = ['/usr/bin/python3', '-m', 'pytest', '-p', 'no:cacheprovider', '-o', 'addopts='];
  const said = await run([...pytest, '--timeout=120', '-q', '--tb=no', '-rA', ...names], {
    cwd: directory,
    env: { DOCKER_HOST: host, DOCKER_TEST_API_VERSION: '1.44', PYTHONPATH: directory, PYTHONDONTWRITEBYTECODE: '1' },
    timeout: 900_000,
  });
  // 0: all passed; 1: some did not. Otherwise none was tried.
  if (said.code > 1) throw new Error(`pytest: ${said.stdout}${said.stderr}`);
  return new Set([...said.stdout.matchAll(/^PASSED (\S+)/gm)].map(([, name]) => name as string));
}
