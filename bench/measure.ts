import { loadavg } from 'node:os';

/** The middle of the figures; of an even number, the mean of the two in the middle. */
export function median(figures: number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/**
 * Runs the work of each side in turn, `rounds` times, with a pause before each; medians in milliseconds, by side. What is done
 * `before` and `after` each work is not measured.
 */
export async function sideBySide(
  sides: Record<string, () => Promise<void>>,
  options: {
    rounds: number;
    pause: number;
    before?: (name: string) => Promise<unknown>;
    after?: (name: string) => Promise<unknown>;
  },
): Promise<Record<string, number>> {
  const figures = Object.fromEntries(Object.keys(sides).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= options.rounds; round++) {
    for (const [name, work] of Object.entries(sides)) {
      await options.before?.(name);
      await Bun.sleep(options.pause);
      const start = performance.now();
      await work();
      // The first round only warms caches.
      if (round > 0) figures[name]?.push(performance.now() - start);
      await options.after?.(name);
    }
  }
  return Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, median(values)]));
}

export function load(): string {
  return loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');
}
