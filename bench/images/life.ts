import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../../test/support/command.ts';
import { type DockerRegistry, startDockerRegistry } from '../../test/support/docker-registry.ts';
import { median } from '../measure.ts';
import { type RealImage, realName } from './real-image.ts';
import type { Tool } from './tools.ts';

type Step = 'load' | 'save' | 'push' | 'rmi' | 'pull';

/** Milliseconds of each step, by tool. */
export type Figures = Record<string, Record<Step, number>>;

interface Setting {
  tools: Record<string, Tool>;
  image: RealImage;
  /** Where registries and archives go. */
  directory: string;
  /** What runs a registry so that the tool of that name reaches it. */
  through: (name: string) => string[];
}

/** The life of an image with each tool in turn: loaded, saved, pushed, removed, pulled. Medians of `rounds`, after one that warms caches. */
export async function lives(setting: Setting, rounds: number): Promise<Figures> {
  const figures = new Map<string, Record<Step, number[]>>();
  for (let round = 0; round <= rounds; round++) {
    for (const [name, tool] of Object.entries(setting.tools)) {
      const took = await life(setting, name, tool);
      console.log(
        `  ${name}: ${Object.entries(took)
          .map(([step, time]) => `${step} ${time.toFixed(0)}`)
          .join(', ')} ms`,
      );
      const all = figures.get(name) ?? { load: [], save: [], push: [], rmi: [], pull: [] };
      figures.set(name, all);
      if (round > 0) for (const [step, time] of Object.entries(took)) all[step as Step].push(time);
    }
  }
  const medians = (of: Record<Step, number[]>) =>
    Object.fromEntries(Object.entries(of).map(([step, times]) => [step, median(times)])) as Record<Step, number>;
  return Object.fromEntries([...figures].map(([name, of]) => [name, medians(of)]));
}

async function life(setting: Setting, name: string, tool: Tool): Promise<Record<Step, number>> {
  const directory = mkdtempSync(join(setting.directory, 'life-'));
  const registry = await newRegistry(directory, setting.through(name));
  const saved = join(directory, 'saved.tar');
  const remote = `${registry.host}/${realName}`;
  try {
    const load = await timed(() => tool.load(setting.image.archive));
    const save = await timed(() => tool.save(realName, saved));
    rmSync(saved);
    await tool.tag(realName, remote);
    const push = await timed(() => tool.push(remote));
    const rmi = await timed(() => tool.remove(realName, remote));
    const pull = await timed(() => tool.pull(remote));
    await tool.remove(remote);
    return { load, save, push, rmi, pull };
  } finally {
    await registry.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function newRegistry(directory: string, through: string[]): Promise<DockerRegistry> {
  const registry = await startDockerRegistry({ directory: join(directory, 'registry'), through });
  if (!registry) throw new Error('docker-registry is not installed');
  return registry;
}

/** What an earlier step left to be written to the disk is not this one's. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  await must(['sync']);
  const start = performance.now();
  await work();
  return performance.now() - start;
}
