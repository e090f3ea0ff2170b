import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { createJournald, hasJournald, type Journald } from '../support/journald.ts';

let engine: Engine;
let journal: Journald;

describe.if(hasJournald)('journald', () => {
  beforeAll(async () => {
    journal = await createJournald();
    engine = await startEngine({ mountsOf: journal.holder() });
    await engine.withBusybox();
  }, 60_000);
  afterAll(async () => {
    const left = await engine.dispose();
    await journal.dispose();
    expect(left).toEqual([]);
  });

  const box = (name: string, ...more: string[]) => [
    '--name',
    name,
    '--log-driver',
    'journald',
    ...more,
    'busybox',
    'sh',
    '-c',
  ];

  test('without a journal a container does not start', async () => {
    const { stderr } = await engine.docker(['run', ...box('early'), 'true']);
    expect(stderr).toContain('failed to initialize logging driver: journald is not enabled on this host');
    await engine.docker(['rm', 'early']);
    await journal.start();
  });

  test('entries have the fields that Docker gives them, large ones too', async () => {
    const options = ['--log-opt', 'tag={{.Name}}/x', '--label', 'some.label=1', '--log-opt', 'labels=some.label'];
    // Longer than a datagram may be.
    const long = `${'y'.repeat(120_000)}\nz`;
    const big = ['--env', `LONG=${long}`, '--env', `MORE=${long}`, '--log-opt', 'env=LONG,MORE'];
    const script = String.raw`echo out; printf 'bytes \377\n'; head -c 20000 /dev/zero | tr '\0' x; echo; echo err >&2`;
    const { code, stderr } = await engine.docker(['run', ...box('fields', ...options, ...big), script]);
    expect(`${code} ${stderr}`).toStartWith('0');
    const id = (await engine.docker(['inspect', '-f', '{{.Id}}', 'fields'])).stdout.trim();
    const entries = await until('all entries', async () => {
      const all = await journal.entries(`CONTAINER_ID_FULL=${id}`);
      return all.length === 5 ? all : undefined;
    });
    const [first, bytes, part] = entries;
    const last = entries.find(({ CONTAINER_PARTIAL_LAST }) => CONTAINER_PARTIAL_LAST === 'true');
    expect(first).toMatchObject({
      MESSAGE: 'out',
      PRIORITY: '6',
      CONTAINER_ID: id.slice(0, 12),
      CONTAINER_NAME: 'fields',
      CONTAINER_TAG: 'fields/x',
      SYSLOG_IDENTIFIER: 'fields/x',
      IMAGE_NAME: 'busybox',
      SOME_LABEL: '1',
      LONG: long,
      MORE: long,
      CONTAINER_LOG_ORDINAL: '1',
      SYSLOG_TIMESTAMP: expect.stringMatching(/^\d{4}-.*Z$/),
      CONTAINER_LOG_EPOCH: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(bytes?.MESSAGE).toEqual([...Buffer.from('bytes '), 0xff]);
    expect(part).toMatchObject({
      CONTAINER_PARTIAL_MESSAGE: 'true',
      CONTAINER_PARTIAL_ORDINAL: '1',
      CONTAINER_PARTIAL_LAST: 'false',
    });
    expect(last).toMatchObject({ CONTAINER_PARTIAL_ORDINAL: '2', CONTAINER_PARTIAL_LAST: 'true' });
    expect(last?.CONTAINER_PARTIAL_ID).toBe(part?.CONTAINER_PARTIAL_ID ?? '');
    expect(entries.find(({ MESSAGE }) => MESSAGE === 'err')?.PRIORITY).toBe('3');
    const { stdout } = await engine.docker(['logs', '--tail', '3', 'fields']);
    expect(stdout).toContain(`${'x'.repeat(20_000)}\n`);
  }, 60_000);

  test('no line is lost over a restart of the journal and of the engine', async () => {
    const script = 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo "$i"; [ $((i % 10)) = 0 ] && sleep 0.01; done';
    const { code, stderr } = await engine.docker(['run', '-d', ...box('lives', '--log-opt', 'tag=lives'), script]);
    expect(`${code} ${stderr}`).toStartWith('0');
    const numbers = async () => {
      const all = await journal.entries('CONTAINER_NAME=lives');
      return new Set(all.map(({ MESSAGE }) => Number(MESSAGE)));
    };
    const has = (count: number) => until(`${count} entries`, async () => (await numbers()).size >= count, 30_000);
    await has(100);
    await journal.stop();
    await Bun.sleep(200);
    await journal.start();
    await has(500);
    await engine.kill();
    await engine.start();
    await has(2000);
    expect([...(await numbers())].toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 2000 }, (_, i) => i + 1),
    );
  }, 90_000);
});
