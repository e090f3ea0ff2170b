// Dockerfiles built by our own command line: what comes out, what comes from the cache, what must not stay anywhere.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildContext } from '../support/build-context.ts';
import { type Result, until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { filesWith } from '../support/files-with.ts';

let engine: Engine;

setDefaultTimeout(120_000);

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
});

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
});

async function build(files: Record<string, string>, args: string[] = []): Promise<Result> {
  using context = buildContext(files);
  return await engine.tug(['build', '--progress=plain', '--network=none', ...args, context.directory]);
}

async function built(files: Record<string, string>, args: string[] = []): Promise<string> {
  const { code, stderr } = await build(files, args);
  if (code !== 0) throw new Error(stderr);
  return stderr;
}

async function inside(image: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await engine.tug(['run', '--rm', '--network=none', image, 'sh', '-c', script]);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

const inspect = async (image: string) => (await engine.request('GET', `/images/${image}/json`)).json() as Image;

interface Image {
  Id: string;
  Created: string;
  Config: Record<string, unknown>;
  RootFS: { Layers: string[] };
}

test('instructions become files, config and history', async () => {
  const text = await built(
    {
      Dockerfile: [
        'FROM busybox',
        'ARG WHO=world',
        'ENV GREETING=hello',
        'WORKDIR /w/x',
        'RUN echo "$GREETING $WHO" > greeting; echo said; echo wrong >&2',
        'COPY a.txt sub/ ./here/',
        'COPY --chown=3:4 --chmod=640 a.txt /owned',
        'LABEL k=v',
        'EXPOSE 80',
        'USER 1000',
        'CMD ["cat", "greeting"]',
      ].join('\n'),
      'a.txt': 'a',
      'sub/b.txt': 'b',
    },
    ['-t', 'all', '--build-arg', 'WHO=you', '--label', 'more=less'],
  );
  expect(text).toContain(' said\n');
  expect(text).toContain(' wrong\n');
  expect((await engine.tug(['run', '--rm', 'all'])).stdout).toBe('hello you\n');
  expect(await inside('all', 'stat -c "%n %a %u:%g" here/* /owned /w/x; cat here/b.txt')).toBe(
    'here/a.txt 644 0:0\nhere/b.txt 644 0:0\n/owned 640 3:4\n/w/x 755 0:0\nb',
  );
  const { Config, RootFS } = await inspect('all');
  expect(Config).toMatchObject({
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'GREETING=hello'],
    WorkingDir: '/w/x',
    User: '1000',
    Labels: { k: 'v', more: 'less' },
    ExposedPorts: { '80/tcp': {} },
    Cmd: ['cat', 'greeting'],
  });
  expect(RootFS.Layers).toHaveLength(5);
  const history = (await engine.request('GET', '/images/all/history')).json() as { CreatedBy: string; Size: number }[];
  expect(history[0]?.CreatedBy).toBe('CMD ["cat" "greeting"]');
  expect(history.map(({ CreatedBy }) => CreatedBy)).toContain('COPY a.txt sub/ ./here/ # buildkit');
});

test('what was built is not built again, until something that goes into it changes', async () => {
  const files = {
    Dockerfile: 'FROM busybox\nRUN cat /proc/uptime > /a\nCOPY x /x\nRUN cat /proc/uptime > /b',
    x: '1',
    '.dockerignore': 'y',
  };
  await built(files, ['-t', 'once']);
  const first = await inspect('once');
  expect(await built({ ...files, y: 'ignored' }, ['-t', 'once'])).toContain('CACHED');
  expect((await inspect('once')).Id).toBe(first.Id);
  await built({ ...files, x: '2' }, ['-t', 'once']);
  const second = await inspect('once');
  expect(second.RootFS.Layers.slice(0, 2)).toEqual(first.RootFS.Layers.slice(0, 2));
  expect(second.RootFS.Layers[3]).not.toBe(first.RootFS.Layers[3]);
  await built(files, ['-t', 'once', '--no-cache']);
  expect((await inspect('once')).RootFS.Layers[1]).not.toBe(first.RootFS.Layers[1]);
});

test('stages: side by side, only what is needed, and what is copied is what counts', async () => {
  const dockerfile = (note: string) =>
    [
      'FROM busybox AS one',
      `RUN echo ${note} > /note; echo same > /out; cut -d' ' -f1 /proc/uptime > /one; sleep 1`,
      'FROM busybox AS two',
      "RUN cut -d' ' -f1 /proc/uptime > /two; sleep 1",
      'FROM busybox AS never',
      'RUN false',
      'FROM busybox',
      'COPY --from=one /out /one /in/',
      'COPY --from=two /two /in/',
      'RUN date > /late',
    ].join('\n');
  const began = Date.now();
  await built({ Dockerfile: dockerfile('x') }, ['-t', 'stages']);
  const times = (await inside('stages', 'cat /in/one /in/two')).trim().split('\n').map(Number);
  // Each takes a second: neither waited for the other.
  expect(Math.abs((times[0] ?? 0) - (times[1] ?? 0))).toBeLessThan(1);
  expect(Date.now() - began).toBeGreaterThan(900);
  await built(
    {
      Dockerfile:
        'FROM busybox AS one\nRUN echo new > /x; echo same > /out; touch -d @1 /out\nFROM busybox\nCOPY --from=one /out /o\nRUN cat /proc/uptime > /late',
    },
    ['-t', 'content'],
  );
  const before = await inspect('content');
  await built(
    {
      Dockerfile:
        'FROM busybox AS one\nRUN echo other > /x; echo same > /out; touch -d @1 /out\nFROM busybox\nCOPY --from=one /out /o\nRUN cat /proc/uptime > /late',
    },
    ['-t', 'content'],
  );
  expect((await inspect('content')).Id).toBe(before.Id);
});

test('a step that fails says where, and leaves nothing behind', async () => {
  const { code, stderr } = await build({ Dockerfile: 'FROM busybox\nRUN echo before; exit 7\nRUN echo after' });
  expect(code).toBe(1);
  expect(stderr).toContain('before');
  expect(stderr).not.toMatch(/^#\d+ [\d.]+ after$/m);
  expect(stderr).toContain('Dockerfile:2\n');
  expect(stderr).toContain('   2 | >>> RUN echo before; exit 7\n');
  expect(stderr).toContain(
    'ERROR: failed to build: failed to solve: process "/bin/sh -c echo before; exit 7" did not complete successfully: exit code: 7',
  );
  const steps = join(engine.directory, 'data/build/run');
  const left = () => (existsSync(steps) ? readdirSync(steps).length : 0);
  await until('what the step left is gone', () => left() === 0);
});

test('mounts of RUN: files of the context and of stages, caches, secrets, memory', async () => {
  const secret = mkdtempSync(join(tmpdir(), 'tug-secret-'));
  writeFileSync(join(secret, 'token'), 'very-secret-token');
  try {
    const dockerfile = [
      'FROM busybox AS made',
      'RUN mkdir /m; echo made > /m/f',
      'FROM busybox',
      'RUN --mount=type=bind,source=here,target=/c cat /c/f > /context; ! touch /c/x 2>/dev/null',
      'RUN --mount=type=bind,from=made,source=/m,target=/m,rw cat /m/f > /stage; echo lost > /m/f',
      'RUN --mount=type=bind,from=made,source=/m,target=/m cat /m/f >> /stage',
      'RUN --mount=type=cache,target=/k echo x >> /k/count; wc -l < /k/count > /count',
      'RUN --mount=type=tmpfs,target=/t mount | grep -c " /t type tmpfs" > /tmpfs; echo gone > /t/x',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
      'RUN --mount=type=secret,id=token,mode=0400 --mount=type=secret,id=token,env=TOKEN [ "$(cat /run/secrets/token)" = "$TOKEN" ] && echo ${#TOKEN} > /length',
    ].join('\n');
    const args = ['-t', 'mounted', '--secret', `id=token,src=${join(secret, 'token')}`];
    const said = await built({ Dockerfile: dockerfile, 'here/f': 'context' }, args);
    expect(
      await inside('mounted', 'cat /context /stage /count /tmpfs /length; ls -d /c /m /k /t /run 2>/dev/null; true'),
    ).toBe('contextmade\nmade\n1\n1\n17\n');
    await built({ Dockerfile: dockerfile.replace('/count"', '/count" #'), 'here/f': 'context' }, [
      '--no-cache',
      ...args,
    ]);
    expect(await inside('mounted', 'cat /count')).toBe('2\n');
    // Neither in what was said, nor anywhere among the engine's files.
    expect(said).not.toContain('very-secret-token');
    expect(filesWith(join(engine.directory, 'data'), 'very-secret-token')).toEqual([]);
  } finally {
    rmSync(secret, { recursive: true });
  }
});

test('outputs: files of an outcome, as a directory and as a tar', async () => {
  const to = mkdtempSync(join(tmpdir(), 'tug-output-'));
  try {
    mkdirSync(join(to, 'there'));
    await built({ Dockerfile: 'FROM scratch\nCOPY f /d/f', f: 'text' }, ['-o', join(to, 'there')]);
    expect(readFileSync(join(to, 'there/d/f'), 'utf8')).toBe('text');
    await built({ Dockerfile: 'FROM scratch\nCOPY f /d/f', f: 'text' }, ['-o', `type=tar,dest=${join(to, 'all.tar')}`]);
    expect((await Bun.$`tar tf ${join(to, 'all.tar')}`.text()).trim().split('\n')).toEqual(['d/', 'd/f']);
    await built({ Dockerfile: 'FROM busybox\nRUN echo x > /x' }, ['-o', `type=docker,dest=${join(to, 'image.tar')}`]);
    expect((await Bun.$`tar tf ${join(to, 'image.tar')}`.text()).split('\n')).toContain('manifest.json');
  } finally {
    rmSync(to, { recursive: true });
  }
});

test('a context cannot lead out of itself, nor an archive out of where it is unpacked', async () => {
  writeFileSync(join(engine.directory, 'outside'), 'outside');
  const { code, stderr } = await build({
    Dockerfile: 'FROM busybox\nCOPY link /x',
    link: `->${join(engine.directory, 'outside')}`,
  });
  expect([code, stderr]).toEqual([1, expect.stringContaining('not found')]);
  const above = await build({ Dockerfile: 'FROM busybox\nCOPY ../../../../../../../../etc/hostname /x' });
  expect([above.code, above.stderr]).toEqual([1, expect.stringContaining('not found')]);
  const evil = join(engine.directory, 'evil');
  mkdirSync(evil);
  await Bun.$`cd ${evil} && ln -s ${engine.directory} out && tar cf evil.tar --transform s,^in,out/in, out outside-not 2>/dev/null; printf x > in; tar rf evil.tar --transform s,^in,out/in, in; tar rf evil.tar -P --transform s,^in,../../../../escaped, in`
    .nothrow()
    .quiet();
  const tar = readFileSync(join(evil, 'evil.tar'), 'latin1');
  using context = buildContext({
    Dockerfile: 'FROM busybox\nADD evil.tar /deep/er/\nRUN ls -R /deep /escaped > /seen 2>&1; true',
  });
  writeFileSync(join(context.directory, 'evil.tar'), tar, 'latin1');
  const result = await engine.tug(['build', '--network=none', '-t', 'evil', context.directory]);
  expect(readdirSync(engine.directory)).not.toContain('in');
  expect(readdirSync('/')).not.toContain('escaped');
  if (result.code === 0) expect(await inside('evil', 'ls / | grep -c escaped; true')).toBe('0\n');
});

test('the cache is shown, pruned, and what an image needs stays', async () => {
  await built({ Dockerfile: 'FROM busybox\nRUN echo prune > /p' }, ['-t', 'pruned']);
  expect((await engine.tug(['builder', 'du'])).stdout).toContain('RUN /bin/sh -c echo prune > /p # buildkit');
  const { code, stdout } = await engine.tug(['builder', 'prune', '-af']);
  expect([code, stdout]).toEqual([0, expect.stringContaining('Total reclaimed space')]);
  expect(((await engine.request('GET', '/system/df')).json() as { BuildCache: unknown[] }).BuildCache).toEqual([]);
  expect(await inside('pruned', 'cat /p')).toBe('prune\n');
  const again = await engine.tug(['save', '-o', join(engine.directory, 'pruned.tar'), 'pruned']);
  expect([again.code, again.stderr]).toEqual([0, '']);
});

test('a squashed image has one layer more than its base', async () => {
  await built({ Dockerfile: 'FROM busybox\nRUN echo 1 > /a\nRUN echo 2 > /b; rm /a' }, ['-t', 'squashed', '--squash']);
  expect((await inspect('squashed')).RootFS.Layers).toHaveLength(2);
  expect(await inside('squashed', 'cat /b; ls /a 2>&1; true')).toContain('2\nls: /a');
});

test('a privileged step runs for whom it is granted only', async () => {
  const files = { Dockerfile: 'FROM busybox\nRUN --security=insecure grep CapEff /proc/self/status > /caps\n' };
  const refused = await build(files);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('security.insecure is not allowed');
  await built(files, ['--allow', 'security.insecure', '-t', 'granted']);
  expect(BigInt(`0x${(await inside('granted', 'cat /caps')).split('\t')[1]?.trim()}`)).toBeGreaterThan(0xa80425fbn);
});

test('contexts whose files all have one time are told apart by what is in them', async () => {
  const images: string[] = [];
  for (const text of ['one', 'two']) {
    using context = buildContext({ Dockerfile: 'FROM scratch\nCOPY f /', f: text });
    const tar = ['tar', '-C', context.directory, '--mtime=@0', '-c', '.'];
    const response = await fetch('http://tug/build?t=timeless', {
      unix: engine.socket,
      method: 'POST',
      body: Bun.spawnSync(tar).stdout,
      headers: { 'Content-Type': 'application/x-tar' },
    });
    expect(await response.text()).toContain('Successfully tagged');
    images.push(...(await inspect('timeless')).RootFS.Layers);
  }
  expect(new Set(images).size).toBe(2);
});

test('a client that has no logins, and says so as Go’s do, is one without', async () => {
  using context = buildContext({ Dockerfile: 'FROM 127.0.0.1:1/none' });
  const response = await fetch('http://tug/build', {
    unix: engine.socket,
    method: 'POST',
    body: Bun.spawnSync(['tar', '-C', context.directory, '-c', '.']).stdout,
    headers: { 'Content-Type': 'application/x-tar', 'X-Registry-Config': Buffer.from('null').toString('base64') },
  });
  expect(await response.text()).toContain('connection refused');
});
