// Docker's own plugins below tug's program: compose and buildx are found, described, completed and run as below Docker's.
import { afterAll, describe, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../../support/command.ts';
import { clientPlugins, startPeer } from '../../support/peer.ts';
import { createProgram } from './program.ts';

const socket = await startPeer();
const configuration = socket ? await clientPlugins() : undefined;

describe.skipIf(!configuration)('plugins as below the real program', () => {
  const theirs = createProgram('docker', socket ?? '', 'plugins-theirs');
  const ours = createProgram('tug', socket ?? '', 'plugins-ours');
  afterAll(() => {
    for (const { directory } of [theirs, ours]) rmSync(directory, { recursive: true });
  });

  const compare = async (line: string) => {
    const env = { DOCKER_CONFIG: configuration ?? '' };
    const [wanted, got] = await Promise.all([theirs.run(line.split(' '), { env }), ours.run(line.split(' '), { env })]);
    expect(got).toEqual(wanted);
  };

  for (const line of [
    'compose version',
    'compose --help',
    'compose nosuch',
    'compose ls',
    'help compose',
    'buildx version',
    'bake --help',
    '__complete compose p',
    '__complete comp',
  ]) {
    test(line, () => compare(line), 30_000);
  }

  test('what is not fit to be a plugin is none, and told of', async () => {
    for (const { directory } of [theirs, ours]) makeBroken(join(directory, 'broken'));
    const asked = async (program: typeof ours, line: string[]) => {
      const result = await program.run(line, { env: { DOCKER_CONFIG: join(program.directory, 'broken') } });
      return JSON.parse(JSON.stringify(result).replaceAll(program.directory, 'DIRECTORY')) as Result;
    };
    for (const name of ['dumb', 'old', 'nobody', 'failing'])
      expect(await asked(ours, [name])).toEqual(await asked(theirs, [name]));
    const [help, theirHelp] = [await asked(ours, ['--help']), await asked(theirs, ['--help'])];
    expect(invalid(help)?.filter((one) => !one.includes('dumb'))).toEqual(
      invalid(theirHelp)?.filter((one) => !one.includes('dumb')),
    );
  }, 30_000);
});

/** The lines of the help about plugins that are none. */
function invalid({ stdout }: Result): string[] | undefined {
  return /Invalid Plugins:\n([\s\S]*?)\n\n/.exec(stdout)?.[1]?.split('\n');
}

function makeBroken(directory: string): void {
  mkdirSync(join(directory, 'cli-plugins'), { recursive: true });
  const plugins = {
    dumb: 'echo hello',
    old: `echo '{"SchemaVersion":"0.0.1","Vendor":"x"}'`,
    nobody: `echo '{"SchemaVersion":"0.1.0"}'`,
    failing: 'exit 3',
  };
  for (const [name, body] of Object.entries(plugins)) {
    const path = join(directory, 'cli-plugins', `docker-${name}`);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
  }
}
