// `tug inspect` of many takes one request; what it shows is what it shows of each by itself.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
const names = ['one', 'two', 'three', 'four', 'five'];

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
  for (const name of names) await engine.tug(['create', '--name', name, '--label', `of=${name}<&>\u2028`, 'busybox']);
  await engine.tug(['volume', 'create', 'kept']);
});

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

async function alone(args: string[], name: string): Promise<string> {
  const { stdout } = await engine.tug(['inspect', ...args, name]);
  return stdout;
}

for (const args of [[], ['-s'], ['--type', 'container']]) {
  test(`many together are what each is alone, with [${args}]`, async () => {
    const each = await Promise.all(names.map((name) => alone(args, name)));
    const inner = each.map((text) => text.slice('[\n'.length, -'\n]\n'.length));
    const together = await engine.tug(['inspect', ...args, ...names]);
    expect(together).toMatchObject({ code: 0, stderr: '', stdout: `[\n${inner.join(',\n')}\n]\n` });
  });
}

test('with a format as well', async () => {
  const format = '{{.Name}} {{index .Config.Labels "of"}} {{json .State}}';
  const each = await Promise.all(names.map((name) => alone(['-f', format], name)));
  expect((await engine.tug(['inspect', '-f', format, ...names])).stdout).toBe(each.join(''));
  const json = await engine.tug(['container', 'inspect', '-f', 'json', ...names]);
  expect((JSON.parse(json.stdout) as { Name: string }[]).map(({ Name }) => Name)).toEqual(
    names.map((name) => `/${name}`),
  );
});

test('what is no container is found among the others, and what is missing is told', async () => {
  const all = ['one', 'nothing', 'busybox', 'two', 'kept'];
  const found = await engine.tug(['inspect', ...all]);
  const things = JSON.parse(found.stdout) as { Name?: string; RepoTags?: string[] }[];
  expect(things.map(({ Name, RepoTags }) => Name ?? RepoTags?.[0])).toEqual(['/one', 'busybox:latest', '/two', 'kept']);
  expect(found).toMatchObject({ code: 1, stderr: 'Error: No such object: nothing\n' });
  const only = await engine.tug(['inspect', '--type', 'container', ...all]);
  expect(only.stderr).toBe(
    ['nothing', 'busybox', 'kept'].map((name) => `Error response from daemon: No such container: ${name}\n`).join(''),
  );
});

test('a body that is no list of names is refused', async () => {
  for (const body of ['', '{}', '[1]', 'null', '["one"']) {
    expect((await engine.request('POST', '/tug/containers/inspect', body)).status).toBe(400);
  }
});
