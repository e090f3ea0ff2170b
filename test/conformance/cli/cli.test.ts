// `docker X` at a real Docker against `tug X` at a tug: every word and every exit code.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, type Result } from '../../support/command.ts';
import { type Engine, startEngine } from '../../support/engine.ts';
import { startPeer } from '../../support/peer.ts';
import type { Case } from './case.ts';
import { files } from './files.ts';
import { life } from './life.ts';
import { lists } from './lists.ts';
import { clear, createProgram, furnish, normal, type Program } from './program.ts';
import { runs } from './runs.ts';
import { shapes } from './shapes.ts';
import { watching } from './watching.ts';
import { wrongLines } from './wrong-lines.ts';

const socket = await startPeer();

describe.skipIf(!socket)('the same words as the real program', () => {
  let engine: Engine;
  /** Docker's program at the peer; ours at our engine, and at the peer. */
  let theirs: Program;
  let ours: Program;
  let oursThere: Program;

  beforeAll(async () => {
    engine = await startEngine();
    theirs = createProgram('docker', socket ?? '', 'cli-theirs');
    ours = createProgram('tug', engine.socket, 'cli-ours');
    oursThere = createProgram('tug', socket ?? '', 'cli-ours');
    for (const { directory } of [theirs, ours, oursThere]) makeTree(directory);
    await Promise.all([furnish(theirs), furnish(ours)]);
  }, 120_000);

  afterAll(async () => {
    await Promise.all([clear(theirs), clear(oursThere)]);
    for (const { directory } of [theirs, ours, oursThere]) rmSync(directory, { recursive: true });
    expect(await engine.dispose()).toEqual([]);
  }, 120_000);

  const normalised = ({ code, stdout, stderr }: Result, one: Case) => {
    const programs = [theirs, ours, oursThere];
    return { code, stdout: normal(stdout, one, programs), stderr: normal(stderr, one, programs) };
  };
  const compare = async (one: Case) => {
    if (one.past) await Bun.sleep(1000 - (Date.now() % 1000));
    const [wanted, got] = await Promise.all([theirs.play(one), ours.play(one)]);
    const compared = one.engines ? await oursThere.play(one) : got;
    expect(normalised(compared, one)).toEqual(normalised(wanted, one));
  };

  const subjects: Record<string, Case[]> = {
    'wrong lines': wrongLines,
    lists,
    runs,
    life,
    files,
    watching,
  };
  for (const [subject, cases] of Object.entries(subjects)) {
    describe(subject, () => {
      for (const one of cases) test(one.line, () => compare(one), 60_000);
    });
  }

  describe('what the engine is asked to make', () => {
    beforeAll(async () => {
      await must(['docker', 'network', 'create', '--subnet', '10.98.77.0/24', 'cli-shared'], { env: theirs.env });
    });

    for (const shape of shapes) {
      test(`create ${shape}`, async () => {
        expect(await created(oursThere, shape)).toEqual(await created(theirs, shape));
      }, 60_000);
    }
  });
});

/** The files that cases copy, and a configuration that both programs read where a case points at it. */
function makeTree(directory: string): void {
  mkdirSync(join(directory, 'tree/sub'), { recursive: true });
  writeFileSync(join(directory, 'tree/one'), 'one\n');
  writeFileSync(join(directory, 'tree/sub/two'), 'two\n');
  writeFileSync(join(directory, 'file'), 'file\n', { mode: 0o640 });
  writeFileSync(join(directory, 'variables'), '# told\nFROM_FILE=1\nCLI_TEST\n\nSPACES= a b \n');
  writeFileSync(join(directory, 'labels'), 'from=file\nbare\n');
  mkdirSync(join(directory, 'configured'));
  const configuration = {
    psFormat: '{{.Names}} is {{.State}}',
    statsFormat: '{{.Name}}',
    detachKeys: 'ctrl-a,a',
    proxies: { default: { httpProxy: 'http://proxy:1', noProxy: 'a,b' } },
  };
  writeFileSync(join(directory, 'configured/config.json'), JSON.stringify(configuration));
}

/** What the engine made of a program's flags. */
async function created(program: Program, shape: string): Promise<unknown> {
  const result = await program.run(program.words(`create --name {} ${shape} IMAGE one two`));
  try {
    expect(result.stderr.replaceAll(program.name, '{}')).toMatch(/^(WARNING.*\n)*$/);
    const text = await must(['docker', 'inspect', program.name], { env: program.env });
    const [{ Config, HostConfig, NetworkSettings, Mounts }] = JSON.parse(text.replaceAll(program.name, '{}'));
    // Docker's program keeps binds and variables in maps, which have no order.
    HostConfig.Binds?.sort();
    const mounts = Mounts.map(({ Type, Destination, Mode, RW }: Record<string, unknown>) => ({
      Type,
      Destination,
      Mode,
      RW,
    }));
    mounts.sort((a: { Destination: string }, b: { Destination: string }) => (a.Destination < b.Destination ? -1 : 1));
    // An unset hostname is the id's beginning.
    const Hostname = /^[0-9a-f]{12}$/.test(Config.Hostname) ? 'ID' : Config.Hostname;
    const Env = (Config.Env ?? []).toSorted();
    return { Config: { ...Config, Hostname, Env }, HostConfig, networks: NetworkSettings.Networks, mounts };
  } finally {
    await must(['docker', 'rm', '-fv', program.name], { env: program.env });
  }
}
