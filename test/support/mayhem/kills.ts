import { until } from '../command.ts';
import { type Engine, startEngine } from '../engine.ts';
import { createRandom, type Random } from '../random.ts';
import type { Box } from './boxes.ts';
import { createClients } from './clients.ts';
import { livingShims } from './shims.ts';
import { findWrong, livesOf, type Seen } from './truth.ts';

/** What a run of kills came to; times in milliseconds from an engine's start until it had answered everything. */
export interface Outcome {
  wrong: string[];
  fastest: number;
  median: number;
  slowest: number;
  /** Requests of the load. */
  answered: number;
}

/** So many kills of the engine and of monitors, spread over one another under a load; ends at the first that leaves something wrong. */
export async function killsAsRuled(options: { seed: number; engines: number; shims: number }): Promise<Outcome> {
  const random = createRandom(options.seed);
  const engine = await startEngine();
  const clients = createClients(engine, createRandom(options.seed + 1));
  const wrong: string[] = [];
  const times: number[] = [];
  try {
    await engine.withBusybox();
    let shimsLeft = options.shims;
    for (let round = 1; round <= options.engines && wrong.length === 0; round++) {
      clients.begin();
      await Bun.sleep(50 + random.below(550));
      const share = shimsLeft / (options.engines - round + 1);
      for (let kills = Math.floor(share) + (random.chance(share % 1) ? 1 : 0); kills > 0; kills--) {
        if (wrong.length > 0) break;
        const done = await killShim(engine, clients.boxes, random);
        wrong.push(...done.wrong);
        if (done.killed) shimsLeft--;
      }
      await engine.kill();
      await clients.pause();
      times.push(await startAgain(engine, random, clients.boxes));
      wrong.push(...clients.complaints, ...(await findWrong(engine, clients.boxes)));
      await unpause(engine, clients.boxes);
      if (round % 10 === 0 || round === options.engines) wrong.push(...(await damages(engine)));
      if (wrong.length > 0) wrong.unshift(`after kill ${round} (seed ${options.seed})`);
      if (round % 25 === 0)
        console.log(`kill ${round}: ${clients.answered} requests, ${options.shims - shimsLeft} monitors`);
    }
    times.sort((a, b) => a - b);
    const median = times[times.length >> 1] ?? 0;
    return { wrong, fastest: times[0] ?? 0, median, slowest: times.at(-1) ?? 0, answered: clients.answered };
  } catch (error) {
    wrong.push(`after kill ${times.length + 1} (seed ${options.seed}): ${(error as Error).message}`);
    throw new Error(wrong.join('\n'), { cause: error });
  } finally {
    if (wrong.length > 0) console.log(engine.daemonLog().split('\n').slice(-30).join('\n'));
    await clients.pause();
    // What went wrong before is told, not what comes of it.
    const left = await engine.dispose().catch((error: Error) => [`the engine could not be ended: ${error.message}`]);
    wrong.push(...left.map((trace) => `left on the machine: ${trace}`));
  }
}

/** One in four engines is killed on its way up as well. Resolves to how long it took until everything was answered. */
async function startAgain(engine: Engine, random: Random, boxes: Box[]): Promise<number> {
  if (random.chance(0.25)) {
    const starting = engine.start().catch(() => undefined);
    await Bun.sleep(random.below(250));
    await engine.kill();
    await starting;
  }
  const began = performance.now();
  await engine.start();
  const here = boxes.filter(({ presence }) => presence === 'here');
  await engine.request('GET', '/containers/json?all=1');
  await Promise.all(here.map(({ name }) => engine.request('GET', `/containers/${name}/json`)));
  const runs = here.find(({ kind, run }) => kind === 'writer' && run === 'running');
  if (runs) {
    await engine.request('GET', `/containers/${runs.name}/logs?stdout=1&tail=1`);
    const made = await engine.request('POST', `/containers/${runs.name}/exec`, { Cmd: ['true'], AttachStdout: true });
    await engine.request('POST', `/exec/${(made.json() as { Id: string }).Id}/start`, {});
  }
  return Math.round(performance.now() - began);
}

/** A monitor that is killed takes its container along: 137 with a reason, and the restart policy holds. */
async function killShim(engine: Engine, boxes: Box[], random: Random): Promise<{ killed: boolean; wrong: string[] }> {
  const shims = livingShims(engine).filter(({ kind }) => kind === 'containers');
  const able = boxes.filter(({ id, busy, kind, run }) => {
    return (
      !busy && (kind === 'writer' || kind === 'probed') && run === 'running' && shims.some((shim) => shim.id === id)
    );
  });
  if (able.length === 0) return { killed: false, wrong: [] };
  const box = random.pick(able);
  const shim = shims.find(({ id }) => id === box.id);
  if (!shim) return { killed: false, wrong: [] };
  box.busy = true;
  try {
    box.cut.add(livesOf(engine, box));
    box.ended++;
    process.kill(shim.pid, 'SIGKILL');
    const seen = await until(`${box.name} is told to have ended`, async () => {
      const told = (await engine.request('GET', `/containers/${box.id}/json`)).json() as Seen;
      return told.State.Running ? undefined : told.State;
    });
    box.run = 'stopped';
    box.codes = [137];
    const right = seen.ExitCode === 137 && seen.Error === 'the monitor of the process was killed';
    return { killed: true, wrong: right ? [] : [`${box.name}, whose monitor was killed: ${JSON.stringify(seen)}`] };
  } finally {
    box.busy = false;
  }
}

/** What a kill left between a pause and its end. */
async function unpause(engine: Engine, boxes: Box[]): Promise<void> {
  for (const { id } of boxes.filter(({ presence }) => presence === 'here')) {
    const { State } = (await engine.request('GET', `/containers/${id}/json`)).json() as Seen;
    if (State.Paused) await engine.request('POST', `/containers/${id}/unpause`);
  }
}

/** What a check of all the engine's data finds. */
async function damages(engine: Engine): Promise<string[]> {
  const { code, stdout } = await engine.tug(['system', 'fsck']);
  return code === 0 ? [] : [`fsck: ${stdout}`];
}
