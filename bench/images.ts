import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../test/support/command.ts';
import { large } from './images/large.ts';
import { type Figures, lives, timed } from './images/life.ts';
import { type RealImage, realImage } from './images/real-image.ts';
import { besidePeer, runRoot, toolsBeside } from './images/tools.ts';
import { load, median, sideBySide } from './measure.ts';
import { report } from './report.ts';
import { api, quietly, type Sides, tug } from './sides.ts';

const rounds = Number(process.env.TUG_BENCH_ROUNDS ?? 3);
/** What is made once and kept. */
const cache = process.env.TUG_BENCH_CACHE ?? '/var/tmp/tug-bench';

/** Images of a real size: against the real Docker, podman, skopeo, and what the machine's own programs need for the largest layer. */
export async function images(sides: Sides): Promise<void> {
  const image = await realImage(cache);
  console.log(`an image of 7 layers, ${(image.size / 1e6).toFixed(0)} MB`);
  const directory = mkdtempSync(join(tmpdir(), 'tug-bench-images-'));
  try {
    const floor = await leastTime(image, directory);
    const tools = toolsBeside(sides, directory);
    const through = (name: string) => (name === 'docker' ? besidePeer(sides) : []);
    const figures = await lives({ tools, image, directory, through }, rounds);
    told(figures, median([floor, await leastTime(image, directory)]));
    await commits(sides);
    await large(sides.engine, directory);
  } finally {
    for (const left of [directory, runRoot]) rmSync(left, { recursive: true, force: true });
  }
}

/** What the programs of a usual system need to unpack the largest layer and to hash it. */
async function leastTime(image: RealImage, directory: string): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    const tree = join(directory, 'floor');
    mkdirSync(tree);
    const script = 'zcat "$1" | tee >(sha256sum >/dev/null) | tar -xC "$2"';
    times.push(await timed(() => must(['bash', '-c', script, 'bash', image.largest, tree], { timeout: 300_000 })));
    rmSync(tree, { recursive: true });
  }
  return median(times);
}

function told(figures: Figures, floor: number): void {
  const { tug: ours, docker: theirs, ...others } = figures;
  if (!ours || !theirs) throw new Error('a side is missing');
  console.log(`floor: zcat, sha256sum and tar of the largest layer alone, median: ${floor.toFixed(0)} ms`);
  for (const step of ['pull', 'load', 'push', 'save', 'rmi'] as const) {
    const isBringingIn = step === 'pull' || step === 'load';
    report(`${step} of the image`, { tug: ours[step], docker: theirs[step] }, isBringingIn ? 3 : 1);
    const rest = Object.entries(others).map(([name, of]) => `${name} ${of[step].toFixed(0)} ms`);
    if (isBringingIn) rest.push(`${(ours[step] / floor).toFixed(2)} × the floor (goal 1.3 ×, or that above)`);
    console.log(`  ${rest.join('   ')}   load ${load()}`);
  }
}

/** A container that wrote 100 MB into one file and 2,000 small ones becomes an image. */
async function commits(sides: Sides): Promise<void> {
  const name = `bench-commit-${process.pid}`;
  const script =
    'head -c 100000000 /dev/urandom >/big; mkdir /small; for at in $(seq 2000); do echo $at >/small/$at; done';
  for (const socket of [sides.engine.socket, sides.peer]) {
    await api(socket, 'POST', `/containers/create?name=${name}`, { Image: 'busybox', Cmd: ['sh', '-c', script] });
    await api(socket, 'POST', `/containers/${name}/start`);
    await api(socket, 'POST', `/containers/${name}/wait`);
  }
  const hosts: Record<string, [program: string, host: string]> = {
    tug: [tug, sides.engine.host],
    docker: ['docker', `unix://${sides.peer}`],
  };
  const both = (args: string[]) =>
    Object.fromEntries(
      Object.entries(hosts).map(([side, [program, host]]) => [side, () => quietly([program, ...args], host)]),
    );
  const remove = both(['rmi', name]);
  const figures = await sideBySide(both(['commit', name, name]), {
    rounds,
    pause: 300,
    before: () => must(['sync']),
    after: async (side) => remove[side]?.(),
  });
  report('commit of 100 MB and 2,000 files', figures as never, 1);
  for (const socket of [sides.engine.socket, sides.peer]) await api(socket, 'DELETE', `/containers/${name}?force=1`);
}
