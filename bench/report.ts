import { load } from './measure.ts';

/** One line: what was done, how long each side took, the ratio and what it is to be, the machine's load. Milliseconds. */
export function report(what: string, figures: { tug: number; docker: number }, goal: number): void {
  const ratio = figures.docker / figures.tug;
  console.log(
    `${what.padEnd(48)} tug ${figures.tug.toFixed(1).padStart(8)} ms   docker ${figures.docker.toFixed(1).padStart(8)} ms   ` +
      `${ratio.toFixed(1)} × (goal ${goal} ×)   load ${load()}`,
  );
}
