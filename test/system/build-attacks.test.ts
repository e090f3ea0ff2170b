// Ways out of a build, tried for real; each succeeds where the defence is taken away.
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildContext } from '../support/build-context.ts';
import { type Result, run } from '../support/command.ts';
import { type Engine, freePort, startEngine } from '../support/engine.ts';
import { filesWith } from '../support/files-with.ts';
import { weakEngine } from '../support/weak-engine.ts';

setDefaultTimeout(120_000);

const limits = ['--build-pids-limit=40', '--build-memory=24m'];
let weak: ReturnType<typeof weakEngine>;
let engines: { sound: Engine; weak: Engine };
/** A directory of the host's, which no build is to see or change. */
let outside: string;

beforeAll(async () => {
  weak = weakEngine({
    source: [
      // A path is what the kernel makes of it.
      [
        'host/files/files.ts',
        'RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (options.noSymlinks ? RESOLVE_NO_SYMLINKS : 0)',
        '0',
      ],
      [
        'build/copy/paths.ts',
        "if (tryStatusOf(fd, bytesOf(name))?.kind !== 'symlink') return undefined;",
        'return undefined;',
      ],
      ['build/copy/directories.ts', 'if (status) throw', 'if (status) return real; if (status) throw'],
      // Whoever names a cache mount names a directory.
      [
        'build/run/cache-mount.ts',
        "return digestOfParts([id, from.kind === 'stage' ? from.stage.id : from.kind, source, ...own]).slice(7, 39);",
        'return id;',
      ],
      // What a step was given stays where it was.
      ['build/run/place.ts', 'if (made) rmSync(path, { recursive: true, force: true });', ''],
      ['build/solve/execute.ts', 'await snapshots.remove(id);', ''],
      ['daemon/settings/defaults.ts', '...(memory && { Memory: memory }), ...(pids > 0 && { PidsLimit: pids })', ''],
      ['build/source/git.ts', "'protocol.allow=never'", "'protocol.allow=always'"],
    ],
    shim: [
      [
        'mounts.c',
        'return open_in(root, path, O_PATH, INSIDE);',
        'while (*path == 47) path++;\n  return open_in(root, *path ? path : ".", O_PATH, 0);',
      ],
    ],
  });
  engines = {
    sound: await startEngine({ args: limits }),
    weak: await startEngine({ args: limits, executable: weak.path }),
  };
  for (const engine of Object.values(engines)) await engine.withBusybox();
});

afterAll(async () => {
  // What the weakened one leaves would count as the sound one's: it goes first.
  await engines?.weak.dispose();
  weak?.remove();
  expect(await engines?.sound.dispose()).toEqual([]);
});

afterEach(() => {
  if (outside) rmSync(outside, { recursive: true, force: true });
});

function makeOutside(): string {
  outside = mkdtempSync(join(tmpdir(), 'tug-outside-'));
  writeFileSync(join(outside, 'secret'), 'of the host\n');
  return outside;
}

async function build(engine: Engine, files: Record<string, string>, args: string[] = []): Promise<Result> {
  using context = buildContext(files);
  const flags = ['--progress=plain', '--network=none', '--no-cache', ...args];
  return await engine.tug(['build', ...flags, context.directory]);
}

type Attack = (engine: Engine) => Promise<unknown>;

/** Tries it on both: what it comes to on each. */
async function onBoth(attack: Attack): Promise<{ sound: unknown; weak: unknown }> {
  const outcome = async (engine: Engine) => {
    makeOutside();
    try {
      return await attack(engine);
    } finally {
      rmSync(outside, { recursive: true, force: true });
    }
  };
  return { sound: await outcome(engines.sound), weak: await outcome(engines.weak) };
}

/** Whether the steps could tell what the host's file says. */
const stolen = ({ stderr }: Result) => stderr.includes('of the host');
const planted = () => readdirSync(outside).toSorted();

test('a link of the context that leads to the host', async () => {
  for (const link of ['absolute', 'relative']) {
    const attack: Attack = async (engine) => {
      const target = link === 'absolute' ? outside : `../../../../../../../../../..${outside}`;
      return stolen(
        await build(engine, { Dockerfile: 'FROM busybox\nCOPY d/secret /x\nRUN cat /x', d: `->${target}` }),
      );
    };
    // The command line sends what is there: the engine that follows the link finds the host's file.
    expect([link, await onBoth(attack)]).toEqual([link, { sound: false, weak: true }]);
  }
});

test('a link of a stage, as the source of COPY --from and of a mount', async () => {
  const copied: Attack = async (engine) => {
    const dockerfile = `FROM busybox AS a\nRUN ln -s ${outside} /leak\nFROM busybox\nCOPY --from=a /leak/secret /x\nRUN cat /x`;
    return stolen(await build(engine, { Dockerfile: dockerfile }));
  };
  expect(await onBoth(copied)).toEqual({ sound: false, weak: true });
  const mounted: Attack = async (engine) => {
    const dockerfile = `FROM busybox AS a\nRUN ln -s ${outside} /leak\nFROM busybox\nRUN --mount=from=a,source=/leak,target=/m cat /m/secret`;
    return stolen(await build(engine, { Dockerfile: dockerfile }));
  };
  expect(await onBoth(mounted)).toEqual({ sound: false, weak: true });
});

test('a link of the image where WORKDIR, COPY, ADD of an archive and a mount have their place', async () => {
  const place = (instruction: string): Attack => {
    return async (engine) => {
      const dockerfile = `FROM busybox\nRUN ln -s ${outside} /w\n${instruction}`;
      await build(engine, { Dockerfile: dockerfile, f: 'planted', 'a.tar': archiveOf('planted') });
      return planted();
    };
  };
  const cases = {
    'WORKDIR /w/made': 'made',
    'COPY f /w/copied': 'copied',
    'COPY --link f /w/linked': 'linked',
    'ADD a.tar /w/': 'entry',
    // What a step that ends well has had made for its mounts is taken away again, there as well.
    'RUN --mount=type=tmpfs,target=/w/mounted false': 'mounted',
    'RUN --mount=type=cache,target=/w/cached false': 'cached',
  };
  for (const [instruction, name] of Object.entries(cases)) {
    expect([instruction, await onBoth(place(instruction))]).toEqual([
      instruction,
      { sound: ['secret'], weak: [name, 'secret'].toSorted() },
    ]);
  }
});

/** A tar with one file. */
function archiveOf(text: string): string {
  const head = Buffer.alloc(512);
  head.write('entry', 0);
  head.write('0000644\0', 100);
  head.write('0000000\0', 108);
  head.write('0000000\0', 116);
  head.write(`${text.length.toString(8).padStart(11, '0')}\0`, 124);
  head.write('00000000000\0', 136);
  head.write('        ', 148);
  head.write('0ustar\x0000', 156);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return `${head.toString('latin1')}${text.padEnd(512, '\0')}${'\0'.repeat(1024)}`;
}

test('an archive whose link leads out, and whose next entry goes through it', async () => {
  const attack: Attack = async (engine) => {
    const evil = mkdtempSync(join(tmpdir(), 'tug-evil-'));
    try {
      await Bun.$`cd ${evil} && ln -s ${outside} out && echo x > in && tar cf evil.tar out && tar rf evil.tar --transform s,^in,out/in, in && echo 'FROM busybox
ADD evil.tar /deep/' > Dockerfile && rm out in`.quiet();
      await engine.tug(['build', '--no-cache', evil]);
      return planted();
    } finally {
      rmSync(evil, { recursive: true });
    }
  };
  expect(await onBoth(attack)).toEqual({ sound: ['secret'], weak: ['in', 'secret'] });
});

test('the name of a cache mount that is a way', async () => {
  const attack: Attack = async (engine) => {
    const id = `../../../../../../../..${outside}/cache`;
    await build(engine, { Dockerfile: `FROM busybox\nRUN --mount=type=cache,id=${id},target=/c touch /c/x` });
    return planted();
  };
  expect(await onBoth(attack)).toEqual({ sound: ['secret'], weak: ['cache', 'secret'] });
});

test('a repository: its subdirectory is a link, its submodule a repository of the host', async () => {
  const served = mkdtempSync(join(tmpdir(), 'tug-git-'));
  const port = await freePort();
  const daemon = Bun.spawn(
    ['git', 'daemon', '--export-all', `--base-path=${served}`, '--listen=127.0.0.1', `--port=${port}`, '--reuseaddr'],
    { stdio: ['ignore', 'ignore', 'ignore'] },
  );
  const url = `git://127.0.0.1:${port}`;
  try {
    const linked: Attack = async (engine) => {
      writeFileSync(join(outside, 'Dockerfile'), 'FROM busybox\nCOPY secret /x\nRUN cat /x');
      await repository(join(served, 'linked'), `ln -sfn ${outside} sub`);
      return stolen(await engine.tug(['build', '--progress=plain', '--no-cache', `${url}/linked#main:sub`]));
    };
    expect(await onBoth(linked)).toEqual({ sound: false, weak: true });
    const nested: Attack = async (engine) => {
      await repository(outside, 'true');
      const add = `git -c protocol.file.allow=always submodule --quiet add file://${outside} below`;
      await repository(
        join(served, 'nested'),
        `${add}; printf 'FROM busybox\\nCOPY . /x\\nRUN cat /x/below/secret' > Dockerfile`,
      );
      return stolen(await engine.tug(['build', '--progress=plain', '--no-cache', `${url}/nested#main`]));
    };
    expect(await onBoth(nested)).toEqual({ sound: false, weak: true });
  } finally {
    daemon.kill();
    await daemon.exited;
    rmSync(served, { recursive: true });
  }
});

async function repository(directory: string, script: string): Promise<void> {
  if (!existsSync(directory)) mkdirSync(directory);
  rmSync(join(directory, '.git'), { recursive: true, force: true });
  const identity = '-c user.name=t -c user.email=t@localhost';
  const commands = `cd ${directory} && rm -rf below && git init -q -b main && ${script} && git add -A && git ${identity} commit -qm x`;
  const { code, stderr } = await run(['sh', '-c', commands]);
  if (code !== 0) throw new Error(stderr);
}

test('more processes and more memory than a step may have, by default and by flags', async () => {
  const breed = 'for i in $(seq 80); do sleep 3 & done; echo bred $(ls -d /proc/[0-9]* | wc -l)';
  const bred: Attack = async (engine) => {
    const { stderr } = await build(engine, { Dockerfile: `FROM busybox\nRUN ${breed}` });
    return Number(/^#\d+ [\d.]+ bred (\d+)$/m.exec(stderr)?.[1] ?? 0) > 80;
  };
  expect(await onBoth(bred)).toEqual({ sound: false, weak: true });
  const hog = 'FROM busybox\nRUN dd if=/dev/zero of=/dev/shm/x bs=1M count=48 2>/dev/null && echo fed';
  const fed =
    (...flags: string[]): Attack =>
    async (engine) =>
      /^#\d+ [\d.]+ fed$/m.test((await build(engine, { Dockerfile: hog }, flags)).stderr);
  expect(await onBoth(fed())).toEqual({ sound: false, weak: true });
  expect(await onBoth(fed('--memory=24m'))).toEqual({ sound: false, weak: false });
  expect(await onBoth(fed('--memory=128m'))).toEqual({ sound: true, weak: true });
});

test('a secret is in no layer, history, log, cache, explanation or file of the engine', async () => {
  const value = 'hunter2-not-to-be-found';
  const attack: Attack = async (engine) => {
    const source = join(outside, 'token');
    writeFileSync(source, value);
    const dockerfile = [
      'FROM busybox',
      'RUN --mount=type=secret,id=t cp /run/secrets/t /tmp/t && rm /tmp/t',
      'RUN --mount=type=secret,id=t,env=TOKEN test -n "$TOKEN"',
      'RUN --mount=type=secret,id=t,target=/etc/t --mount=type=cache,target=/c test -s /etc/t',
    ].join('\n');
    const built = await build(engine, { Dockerfile: dockerfile }, [
      '--explain',
      '-t',
      'kept',
      '--secret',
      `id=t,src=${source}`,
    ]);
    expect([built.code, built.code === 0 ? '' : built.stderr]).toEqual([0, '']);
    const history = await engine.tug(['history', '--no-trunc', 'kept']);
    const usage = await engine.tug(['builder', 'du', '--verbose']);
    const said = [built.stdout, built.stderr, history.stdout, usage.stdout, engine.daemonLog()].some((text) =>
      text.includes(value),
    );
    await engine.stop();
    const found = filesWith(engine.directory, value).length;
    await engine.start();
    return { said, found: found > 0 };
  };
  expect(await onBoth(attack)).toEqual({
    sound: { said: false, found: false },
    weak: { said: false, found: true },
  });
});

test('archives and downloads without end fill what there is, and nothing of them stays', async () => {
  const endless = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: () => new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(1 << 20)) })),
  });
  const bomb = join(makeOutside(), 'bomb');
  mkdirSync(bomb);
  await Bun.$`cd ${bomb} && head -c 48M /dev/zero > zeros && tar czf bomb.tar.gz zeros && rm zeros && printf 'FROM busybox\nADD bomb.tar.gz /' > Dockerfile`.quiet();
  const attack = async (engine: Engine) => {
    await engine.withBusybox();
    const full = expect.stringContaining('no space left on device');
    const add = await engine.tug(['build', '--no-cache', bomb]);
    expect([add.code, add.stderr]).toEqual([1, full]);
    const download = await build(engine, { Dockerfile: `FROM busybox\nADD http://127.0.0.1:${endless.port}/x /` });
    expect([download.code, download.stderr]).toEqual([1, full]);
    const context = await fetch('http://tug/build', { unix: engine.socket, method: 'POST', body: endlessTar() });
    expect(await context.text()).toContain('no space left on device');
    return (await build(engine, { Dockerfile: 'FROM busybox\nRUN dd if=/dev/zero of=/room bs=1M count=6' })).code;
  };
  try {
    const codes: number[] = [];
    for (const executable of [{}, { executable: weak.path }]) {
      const engine = await startEngine({ dataSize: '32m', ...executable });
      try {
        codes.push(await attack(engine));
      } finally {
        await engine.dispose();
      }
    }
    expect(codes).toEqual([0, 1]);
  } finally {
    await endless.stop(true);
  }
});

/** A file that says it is large, and goes on. */
function endlessTar(): ReadableStream<Uint8Array> {
  const head = Buffer.from(archiveOf(''), 'latin1').subarray(0, 512);
  head.write('77777777777\0', 124);
  head.write('        ', 148);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  let begun = false;
  return new ReadableStream({
    pull(to) {
      to.enqueue(begun ? new Uint8Array(1 << 20) : head);
      begun = true;
    },
  });
}
