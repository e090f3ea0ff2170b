// Go's template language against the real program: what is filled in, and what is said of what is wrong.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { must } from '../../support/command.ts';
import { busyboxTar } from '../../support/image.ts';
import { startPeer } from '../../support/peer.ts';
import { createProgram } from './program.ts';
import { inspectTemplates, versionTemplates } from './templates.ts';

const socket = await startPeer();

describe.skipIf(!socket)('the same templates as the real program', () => {
  const theirs = createProgram('docker', socket ?? '', 'templates-theirs');
  const ours = createProgram('tug', socket ?? '', 'templates-ours');
  const name = 'cli-templates';

  beforeAll(async () => {
    const tar = await busyboxTar();
    await must(['docker', 'import', tar, `${name}:1`], { env: theirs.env });
    rmSync(tar);
    const options = `-p 127.0.0.1:9099:80 -v /tmp:/x -l a=b -l c=d -e X=1 --health-cmd true --health-interval 90s`;
    const line = `create --name ${name} ${options} ${name}:1 sleep 10`;
    await must(['docker', ...line.split(' ')], { env: theirs.env });
  }, 60_000);

  afterAll(async () => {
    await must(['docker', 'rm', '-f', name], { env: theirs.env });
    await must(['docker', 'rmi', '-f', `${name}:1`], { env: theirs.env });
    for (const { directory } of [theirs, ours]) rmSync(directory, { recursive: true });
  }, 60_000);

  const compare = async (line: string[]) => {
    const [wanted, got] = await Promise.all([theirs.run(line), ours.run(line)]);
    expect(got).toEqual(wanted);
  };

  for (const template of versionTemplates) {
    test(`version ${template}`, () => compare(['version', '--format', template]), 20_000);
  }
  for (const template of inspectTemplates) {
    test(`inspect ${template}`, () => compare(['inspect', '--format', template, name]), 20_000);
  }
});
