// Logins and the programs that keep them: `docker` and `tug` at one engine and one registry, with the same words, files and calls.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Result, run } from '../support/command.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type Engine, startEngine } from '../support/engine.ts';

const isThere = Bun.which('docker-registry') !== null && Bun.which('docker') !== null;
const executable = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');
const work = mkdtempSync(join(tmpdir(), 'tug-credentials-test-'));
let registry: DockerRegistry | undefined;
let engine: Engine;

beforeAll(async () => {
  registry = isThere ? await startDockerRegistry({ users: { alice: 'secret', bob: 'hidden' } }) : undefined;
  if (!registry) return;
  engine = await startEngine();
  await engine.withBusybox();
  await engine.docker(['tag', 'busybox:latest', `${registry.host}/private:1`]);
}, 60_000);
afterAll(async () => {
  await registry?.close();
  if (engine) expect(await engine.dispose()).toEqual([]);
  rmSync(work, { recursive: true });
}, 60_000);

/** Keeps logins as files, and writes down what it was asked. `broken` fails whatever it is asked. */
const helper = `#!/bin/sh
input=$(cat)
echo "$(basename $0) $1 $input" >>"$HELPER_DIRECTORY/asked"
case $0 in *broken) echo it is broken; exit 3 ;; esac
server=$(echo "$input" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/')
file="$HELPER_DIRECTORY/$(basename $0).$(echo "$server" | tr / _)"
case $1 in
store) echo "$input" >"$file" ;;
get) cat "$file" 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; } ;;
erase) rm "$file" 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; } ;;
esac
`;

/** One program, with logins of its own. */
function program(command: string, own: string) {
  const directory = join(work, own);
  const bin = join(directory, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const name of ['keeper', 'other', 'broken']) {
    writeFileSync(join(bin, `docker-credential-${name}`), helper, { mode: 0o755 });
  }
  const config = join(directory, 'config.json');
  return {
    async run({ line, stdin = '' }: Step): Promise<Result> {
      const env = {
        DOCKER_HOST: engine.host,
        DOCKER_CONFIG: directory,
        HELPER_DIRECTORY: directory,
        PATH: `${bin}:${process.env.PATH}`,
      };
      const words = line.split(' ').map((word) => word.replace(/^R(?=$|\/)/, registry?.host ?? ''));
      const result = await run(['bash', '-c', 'exec -a docker "$0" "$@"', command, ...words], { env, stdin });
      const plain = (text: string) => text.replaceAll(directory, 'DIRECTORY');
      return { ...result, stdout: plain(result.stdout), stderr: plain(result.stderr) };
    },
    configure: (data: object) => writeFileSync(config, JSON.stringify(data)),
    config: () => (existsSync(config) ? (JSON.parse(readFileSync(config, 'utf8')) as unknown) : undefined),
    asked: () =>
      existsSync(join(directory, 'asked')) ? readFileSync(join(directory, 'asked'), 'utf8').split('\n') : [],
  };
}

interface Step {
  line: string;
  stdin?: string;
}

const login = (user: string, password: string): Step => ({
  line: `login -u ${user} --password-stdin R`,
  stdin: password,
});
const session: Step[] = [
  { line: 'push R/private:1' },
  login('alice', 'wrong'),
  login('alice', 'secret'),
  { line: 'login R' },
  { line: 'push -q R/private:1' },
  { line: 'pull -q R/private:1' },
  login('bob', 'hidden'),
  { line: 'logout R' },
  { line: 'logout R' },
  { line: 'pull R/private:1' },
];

const host = () => registry?.host ?? '';
const configurations: Record<string, () => object> = {
  'in config.json': () => ({}),
  'in a store': () => ({ credsStore: 'keeper' }),
  'in a helper of that registry alone': () => ({ credsStore: 'keeper', credHelpers: { [host()]: 'other' } }),
  'in a helper that is not there': () => ({ credsStore: 'missing' }),
  'in a helper that fails': () => ({ credHelpers: { [host()]: 'broken' } }),
};

describe.skipIf(!isThere)('logins are kept', () => {
  const theirs = program('docker', 'theirs');
  const ours = program(executable, 'ours');

  for (const [where, configuration] of Object.entries(configurations)) {
    test(where, async () => {
      for (const one of [theirs, ours]) one.configure(configuration());
      for (const step of session) {
        const [wanted, got] = [await theirs.run(step), await ours.run(step)];
        expect([step.line, got]).toEqual([step.line, wanted]);
        expect(ours.config()).toEqual(theirs.config());
      }
      expect(ours.asked()).toEqual(theirs.asked());
    }, 60_000);
  }

  test('and who has none is told so in the words of Docker', async () => {
    ours.configure({});
    const push = await ours.run({ line: 'push R/private:1' });
    expect([push.code, push.stderr]).toEqual([1, 'no basic auth credentials\n']);
    const pull = await ours.run({ line: 'pull R/private:1' });
    const where = `http://${host()}/v2/private/manifests/1`;
    expect(pull.stderr).toBe(`Error response from daemon: Head "${where}": no basic auth credentials\n`);
    const run = await ours.run({ line: 'run --rm --pull always R/private:1' });
    expect(run.stderr).toContain(`Head "${where}": no basic auth credentials`);
  }, 60_000);
});
