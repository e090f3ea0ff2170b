// Networks, volumes, images, contexts, the swarm's words, completion: both programs at a real Docker, word by word.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificates } from '../../support/certificates.ts';
import { must, type Result } from '../../support/command.ts';
import { startPeer } from '../../support/peer.ts';
import type { Case } from './case.ts';
import { completions, configured, contexts, images, networks, swarm, volumes, wholes } from './objects.ts';
import { createProgram, normal } from './program.ts';

const socket = await startPeer();

describe.skipIf(!socket)('the same words as the real program about', () => {
  const theirs = createProgram('docker', socket ?? '', 'objects-theirs');
  const ours = createProgram('tug', socket ?? '', 'objects-ours');
  const programs = [theirs, ours];
  const clear = () =>
    Promise.all(
      programs.map(async ({ name, env }) => {
        await must(['sh', '-c', 'docker network rm -f "$@"; docker volume rm -f "$@"; true', 'sh', name, `${name}2`], {
          env,
        });
      }),
    );

  beforeAll(async () => {
    await clear();
    const certificates = await makeCertificates();
    for (const { directory } of programs) furnish(directory, certificates);
    rmSync(certificates, { recursive: true });
  }, 60_000);
  afterAll(async () => {
    await clear();
    for (const { directory } of programs) rmSync(directory, { recursive: true });
  }, 60_000);

  // An engine prunes for one at a time.
  const play = async (program: typeof theirs, one: Case): Promise<Result> => {
    const result = await program.play(one);
    return result.stderr.includes('a prune operation is already running') ? play(program, one) : result;
  };
  const compare = async (one: Case) => {
    const [wanted, got] = await Promise.all([play(theirs, one), play(ours, one)]);
    const shown = ({ code, stdout, stderr }: Result) => ({
      code,
      stdout: lines(normal(stdout, one, programs)),
      // `SRun` is a slip of Docker's that was mended since.
      stderr: normal(stderr, one, programs).replace(/^SRun /m, 'Run '),
    });
    expect(shown(got)).toEqual(shown(wanted));
  };

  const subjects = { networks, volumes, images, wholes, swarm, contexts, configured, completions };
  for (const [subject, cases] of Object.entries(subjects)) {
    describe(subject, () => {
      for (const one of cases) test(one.line, () => compare(one), 30_000);
    });
  }
});

/** What an engine keeps without an order has none here either. */
function lines(text: string): string[] {
  return text.split('\n').toSorted();
}

function furnish(directory: string, certificates: string): void {
  for (const name of ['ca.pem', 'cert.pem', 'key.pem']) copyFileSync(join(certificates, name), join(directory, name));
  writeFileSync(join(directory, 'file'), 'a file\n');
  mkdirSync(join(directory, 'configured'));
  const configuration = {
    networksFormat: '{{.Name}} by {{.Driver}}',
    volumesFormat: '{{.Name}}',
    pluginsFormat: '{{.Name}}',
    imagesFormat: 'table {{.ID}}',
  };
  writeFileSync(join(directory, 'configured/config.json'), JSON.stringify(configuration));
}
