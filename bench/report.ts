import { load } from './measure.ts';

/**
 * One line: what was done, how long each side took, the ratio and what it is to be, the machine's load. Milliseconds. `disk` is what
 * a plain copy of the same files took on the same disk: whoever is near it has reached the disk's limit.
 */
export function report(what: string, figures: { tug: number; docker: number; disk?: number }, goal: number): void {
  const ratio = figures.docker / figures.tug;
  const { disk } = figures;
  const limit =
    disk === undefined ? '' : `   cp ${disk.toFixed(1).padStart(8)} ms, tug ${(figures.tug / disk).toFixed(2)} × it`;
  console.log(
    `${what.padEnd(48)} tug ${figures.tug.toFixed(1).padStart(8)} ms   docker ${figures.docker.toFixed(1).padStart(8)} ms   ` +
      `${ratio.toFixed(1)} × (goal ${goal} ×)   load ${load()}${limit}`,
  );
}
