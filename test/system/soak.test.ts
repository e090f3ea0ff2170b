// Many containers, one after another: what the engine holds does not grow with them. `make soak` runs 2,000 in half an hour.
import { expect, test } from 'bun:test';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { type Held, heldBy } from '../support/soak/held.ts';
import { lives } from '../support/soak/lives.ts';

const containers = Number(process.env.TUG_SOAK_CONTAINERS ?? 24);
const minutes = Number(process.env.TUG_SOAK_MINUTES ?? 0);
const looks = Math.max(2, Math.round(containers / 200));
const atOnce = 3;
/** What warming up may cost, and what memory may sway by, in bytes: a runtime that collects garbage is never quite still. */
const sway = 48 << 20;

/** So many whole lives, some at once; no faster than `pause` milliseconds one after another. */
async function run(engine: Engine, first: number, count: number, pause: number): Promise<string[]> {
  const ids: string[] = [];
  let next = first;
  const worker = async () => {
    while (next < first + count) {
      const number = next++;
      const began = Date.now();
      ids.push(await (lives[number % lives.length] as (typeof lives)[number])(engine, `soak-${number}`));
      await Bun.sleep(Math.max(0, pause * atOnce - (Date.now() - began)));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return ids;
}

/** What it holds once it is quiet: what waits to be used next, and what is cleared away behind an answer, comes to rest first. */
async function rest(engine: Engine, ids: string[]): Promise<Held> {
  let held = heldBy(engine, ids);
  await until(
    `all of it is cleared away: ${JSON.stringify(held)}`,
    () => {
      held = heldBy(engine, ids);
      return held.cgroups + held.links + held.shims + held.entries === 0;
    },
    20_000,
  );
  // An idle engine collects its garbage after two seconds; what memory comes to is for the long run.
  await Bun.sleep(minutes > 0 ? 4500 : 300);
  return heldBy(engine, ids);
}

test(`${containers} containers leave nothing: fds, memory, mounts, cgroups, links and namespaces are flat`, async () => {
  const engine = await startEngine();
  try {
    await engine.withBusybox();
    const each = Math.ceil(containers / looks);
    const pause = (minutes * 60_000) / containers;
    const seen: Held[] = [];
    for (let look = 0; look < looks; look++) {
      const ids = await run(engine, look * each, each, pause);
      seen.push(await rest(engine, ids));
      if (minutes > 0) console.log(`after ${(look + 1) * each}: ${JSON.stringify(seen.at(-1))}`);
    }
    const [warm, ...later] = seen as [Held, ...Held[]];
    for (const held of later) {
      // Of the mounts of its host some may be others’, and go.
      expect(held.mounts).toBeLessThanOrEqual(warm.mounts);
      expect(held.namespaces).toBe(warm.namespaces);
      expect(held.fds).toBeLessThanOrEqual(warm.fds + 2);
      expect(held.memory).toBeLessThan(warm.memory + sway);
    }
    expect(await engine.tug(['system', 'fsck'])).toMatchObject({ code: 0 });
  } finally {
    expect(await engine.dispose()).toEqual([]);
  }
}, 14_400_000);
