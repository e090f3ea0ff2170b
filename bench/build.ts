import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, sideBySide } from './measure.ts';
import { report } from './report.ts';
import { api, memory, quietly, type Sides, tug } from './sides.ts';

const rounds = Number(process.env.TUG_BENCH_ROUNDS ?? 9);
/** Where docker's command line finds its `buildx`; without it only the classic builder is measured beside. */
const config = process.env.TUG_BENCH_BUILDX;
const steps = 20;
const files = Number(process.env.TUG_BENCH_FILES ?? 50_000);
const megabytes = Number(process.env.TUG_BENCH_CONTEXT_MB ?? 2048);

/** Builds: small steps, all from the cache, a large context of which one file has changed; beside BuildKit and the classic builder. */
export async function builds(sides: Sides): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tug-bench-build-'));
  try {
    const small = join(directory, 'small');
    mkdirSync(small);
    const runs = Array.from({ length: steps }, (_, index) => `RUN echo ${index} > /f${index}`);
    writeFileSync(join(small, 'Dockerfile'), ['FROM busybox', ...runs].join('\n'));
    report(`build of ${steps} small steps without the cache`, await all(sides, small, ['--no-cache']), 8);
    report(`the same build, all from the cache`, await all(sides, small, []), 5);
    const large = join(directory, 'large');
    manyFiles(large);
    let change = 0;
    const touch = () => writeFileSync(join(large, 'd0/f0'), `changed ${change++}`);
    report(`a context of ${files} files, one changed`, await all(sides, large, [], touch), 3);
    await stages(sides, directory);
    await memoryOf(sides, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
    for (const name of ['bench-build-tug', 'bench-build-docker', 'bench-build-classic']) {
      await api(sides.peer, 'DELETE', `/images/${name}?force=1`).catch(() => undefined);
    }
  }
}

/** Four stages that sleep as long: side by side they take as long as one. */
async function stages(sides: Sides, directory: string): Promise<void> {
  const four = join(directory, 'four');
  mkdirSync(four);
  const each = [1, 2, 3, 4].map((stage) => `FROM busybox AS s${stage}\nRUN sleep 1; echo ${stage} > /f`);
  const last = [1, 2, 3, 4].map((stage) => `COPY --from=s${stage} /f /f${stage}`);
  writeFileSync(join(four, 'Dockerfile'), [...each, 'FROM busybox', ...last].join('\n'));
  report('four stages of a second each, without the cache', await all(sides, four, ['--no-cache']), 1);
}

/** What the engine holds at most while it takes a large context in; the most of a kernel's own count, set back before. */
async function memoryOf(sides: Sides, directory: string): Promise<void> {
  const huge = join(directory, 'huge');
  mkdirSync(huge);
  const piece = randomBytes(1 << 20);
  const out = openSync(join(huge, 'data'), 'w');
  for (let count = 0; count < megabytes; count++) writeSync(out, piece);
  closeSync(out);
  writeFileSync(join(huge, 'Dockerfile'), 'FROM scratch\nCOPY data /data');
  const pid = sides.engine.pid();
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const before = memory(pid, 'status', 'VmRSS');
  await quietly([tug, 'build', '-q', '-t', 'bench-build-tug', huge], sides.engine.host);
  const most = memory(pid, 'status', 'VmHWM');
  console.log(
    `RSS of the engine while a context of ${megabytes} MB is built: ${before} kB before, ${most} kB at most   load ${load()}`,
  );
}

async function all(sides: Sides, directory: string, flags: string[], before: () => void = () => undefined) {
  const theirs = `unix://${sides.peer}`;
  const build = (name: string) => ['build', '-q', '--network=none', ...flags, '-t', name, directory];
  const docker = (kit: '0' | '1') => [
    'env',
    `DOCKER_BUILDKIT=${kit}`,
    ...(config ? [`DOCKER_CONFIG=${config}`] : []),
    'docker',
  ];
  const contenders: Record<string, () => Promise<void>> = {
    tug: async () => {
      before();
      await quietly([tug, ...build('bench-build-tug')], sides.engine.host);
    },
    docker: async () => {
      before();
      await quietly([...docker(config ? '1' : '0'), ...build('bench-build-docker')], theirs);
    },
    ...(config && {
      classic: async () => {
        before();
        await quietly([...docker('0'), ...build('bench-build-classic')], theirs);
      },
    }),
  };
  // What comes in for the first time is nobody's figure.
  for (const contender of Object.values(contenders)) await contender();
  const figures = (await sideBySide(contenders, { rounds, pause: 300 })) as {
    tug: number;
    docker: number;
    classic?: number;
  };
  if (figures.classic !== undefined)
    console.log(`  classic builder ${figures.classic.toFixed(0)} ms, ${(figures.classic / figures.tug).toFixed(1)} ×`);
  return figures;
}

function manyFiles(directory: string): void {
  const each = 500;
  for (let index = 0; index < files; index += each) {
    const below = join(directory, `d${index / each}`);
    mkdirSync(below, { recursive: true });
    for (let file = 0; file < each; file++) writeFileSync(join(below, `f${file}`), `${index} ${file}`);
  }
  writeFileSync(join(directory, 'Dockerfile'), 'FROM busybox\nCOPY d0 /d0\nRUN cat /d0/f0 > /seen');
}
