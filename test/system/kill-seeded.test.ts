// kill -9 of the engine, and of monitors, at any moment under a mixed load: what its clients were told is so, and nothing else is there.
// `make kill-test` does it a thousand times; TUG_KILL_SEED repeats a run.
import { expect, test } from 'bun:test';
import { killsAsRuled } from '../support/mayhem/kills.ts';

const seed = Number(process.env.TUG_KILL_SEED ?? Date.now() % 1_000_000);
const engines = Number(process.env.TUG_KILLS_OF_ENGINE ?? 6);
const shims = Number(process.env.TUG_KILLS_OF_SHIMS ?? 2);

test(`${engines} kills of the engine and ${shims} of monitors, seed ${seed}`, async () => {
  const { wrong, fastest, slowest, median, answered } = await killsAsRuled({ seed, engines, shims });
  console.log(
    `kills: seed ${seed}, ${answered} requests; all answered again after ${median} ms, at most ${slowest} ms`,
  );
  expect(wrong).toEqual([]);
  // A few kills on a busy machine say what is possible, many say what is usual.
  expect(engines < 100 ? fastest : median).toBeLessThan(1000);
}, 14_400_000);
