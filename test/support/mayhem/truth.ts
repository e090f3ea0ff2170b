import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../command.ts';
import type { Engine } from '../engine.ts';
import type { Box } from './boxes.ts';
import { volumeOf } from './boxes.ts';
import { livingShims } from './shims.ts';

export interface Seen {
  State: {
    Status: string;
    Running: boolean;
    Paused: boolean;
    Pid: number;
    ExitCode: number;
    Error: string;
    Health?: { FailingStreak: number };
  };
}

const patience = 30_000;

/**
 * Holds what the engine says, and what is on the machine, against what its clients know, and brings their knowledge up to date. Nobody
 * else may be asking it. Returns all that is wrong.
 */
export async function findWrong(engine: Engine, boxes: Box[]): Promise<string[]> {
  const wrong: string[] = [];
  await settled(engine, boxes);
  const listed = (await engine.request('GET', '/containers/json?all=1')).json() as { Id: string; Names: string[] }[];
  wrong.push(...presence(boxes, listed));
  for (const box of boxes.filter(({ presence }) => presence === 'here')) {
    const { status, json } = await engine.request('GET', `/containers/${box.id}/json`);
    const found =
      status === 200
        ? [...state(box, json() as Seen), ...(await lines(engine, box)), ...volume(engine, box)]
        : [`${box.name} is listed and answers ${status}`];
    wrong.push(...found, ...(found.length > 0 ? [`${box.name}: ${box.history.join(', ')}`] : []));
    box.history.push('looked at');
  }
  wrong.push(...(await remains(engine, boxes)));
  return wrong;
}

/** What ends by itself has ended. */
async function settled(engine: Engine, boxes: Box[]): Promise<void> {
  for (const box of boxes.filter(({ kind, presence }) => kind === 'passing' && presence !== 'gone')) {
    await until(
      `${box.name} has removed itself, or was never started`,
      async () => {
        const { status, json } = await engine.request('GET', `/containers/${box.name}/json`);
        return status === 404 || (json() as Seen).State.Status === 'created';
      },
      patience,
    );
    if (box.presence === 'here') box.presence = 'open';
  }
  for (const box of boxes.filter(({ kind, presence }) => kind === 'ender' && presence !== 'gone')) {
    await until(
      `${box.name} has ended`,
      async () => {
        const { status, json } = await engine.request('GET', `/containers/${box.name}/json`);
        return status === 404 || !(json() as Seen).State.Running;
      },
      patience,
    );
  }
}

function presence(boxes: Box[], listed: { Id: string; Names: string[] }[]): string[] {
  const names = listed.map(({ Names: [name = ''] }) => name.slice(1));
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  const unknown = names.filter((name) => !boxes.some((box) => box.name === name));
  const wrong = [...twice.map((name) => `${name} is there twice`), ...unknown.map((name) => `nobody made ${name}`)];
  for (const box of boxes) {
    const found = listed[names.indexOf(box.name)];
    if (box.presence === 'here' && !found) wrong.push(`${box.name} is lost`);
    if (box.presence === 'gone' && found) wrong.push(`${box.name} was removed, and is there`);
    if (found && box.id !== '' && found.Id !== box.id) wrong.push(`${box.name} has another id`);
    if (found) box.id = found.Id;
    box.presence = found ? 'here' : 'gone';
  }
  return wrong;
}

function state(box: Box, { State }: Seen): string[] {
  const { Status, Pid, ExitCode, Health } = State;
  const endures = box.kind === 'writer' || box.kind === 'probed';
  // A removal that was cut off may have killed it.
  const codes = [box.code, ...box.codes];
  const wrong: [boolean, string][] = [
    [!['created', 'running', 'paused', 'exited', 'restarting'].includes(Status), 'is in no state that lasts'],
    [Pid > 0 !== (Status === 'running' || Status === 'paused'), 'has a pid, or none'],
    [Pid > 0 && box.kind !== 'again' && !existsSync(`/proc/${Pid}`), 'has no process'],
    [box.run === 'created' && Status !== 'created', 'was never started'],
    [box.kind === 'again' && box.run === 'running' && Status === 'exited', 'is not started again'],
    [box.kind === 'ender' && box.starts > 0 && !codes.includes(ExitCode), `did not end with ${codes}`],
    [Status === 'running' && (Health?.FailingStreak ?? 0) > 0, 'is well, and its probes fail'],
    ...(endures ? endured(box, State) : []),
  ];
  box.history.push(`${Status} ${ExitCode}`);
  if (endures) settleRun(box, State);
  return wrong
    .filter(([isSo]) => isSo)
    .map(([, words]) => `${box.name} (${box.kind}) ${words}: ${JSON.stringify(State)}`);
}

/** Of what ends only when it is told to. */
function endured({ run, codes }: Box, { Running, ExitCode }: Seen['State']): [boolean, string][] {
  return [
    [run === 'running' && !Running, 'does not run any more'],
    [run === 'stopped' && Running, 'was stopped, and runs'],
    [run === 'stopped' && !codes.includes(ExitCode), `ended otherwise than with ${codes}`],
  ];
}

/** What was open is known now. */
function settleRun(box: Box, { Running, Status }: Seen['State']): void {
  if (box.run !== 'open') return;
  box.run = Running ? 'running' : Status === 'created' ? 'created' : 'stopped';
  box.codes = [0, 11, 128, 137];
}

const numberIn = (path: string): number => (existsSync(path) ? Number(readFileSync(path, 'utf8')) || 0 : 0);

/** How often it was started, as it counts itself. */
export const livesOf = ({ directory }: Engine, { name }: Box): number =>
  numberIn(join(directory, 'witness', name, 'life'));

/** Every line that a container has written is in its log once, in order, of each of its lives. */
async function lines(engine: Engine, box: Box): Promise<string[]> {
  const witness = join(engine.directory, 'witness', box.name);
  const lives = livesOf(engine, box);
  const wrong: string[] = [];
  if (box.kind !== 'again' && (lives < box.starts - box.ended || lives > box.starts + box.maybe)) {
    wrong.push(`${box.name} was started ${box.starts} times, perhaps ${box.maybe} more, and lived ${lives} times`);
  }
  if (box.kind !== 'again') {
    // One that was started just now may not have counted yet.
    box.maybe = Math.max(0, box.starts - lives);
    box.starts = lives;
  }
  box.ended = 0;
  const told = Array.from({ length: lives }, (_, life) => numberIn(join(witness, String(life + 1))));
  const complete = async () => {
    const { text } = await engine.request('GET', `/containers/${box.id}/logs?stdout=1&tty=1`);
    return missing(box, unframed(text), told);
  };
  // The monitor writes what it has read when it has read it.
  await until('the log is whole', async () => (await complete()).length === 0, 3000).catch(() => undefined);
  return [...wrong, ...(await complete())];
}

/** Frames of eight bytes go before each line. */
const unframed = (text: string): string[] => text.match(/\d+ \d+(?=\n)/g) ?? [];

function missing({ name, cut }: Box, logged: string[], told: number[]): string[] {
  const wrong: string[] = [];
  for (const [index, last] of told.entries()) {
    const life = index + 1;
    const numbers = logged.filter((line) => line.startsWith(`${life} `)).map((line) => Number(line.split(' ')[1]));
    if (numbers.some((number, at) => number !== at + 1)) wrong.push(`${name}, life ${life}: the log has ${numbers}`);
    if (numbers.length < last && !cut.has(life))
      wrong.push(`${name}, life ${life}: ${numbers.length} of ${last} lines`);
  }
  return wrong;
}

/** What an exec has written is in the volume once; what may have written, at most once. */
function volume(engine: Engine, box: Box): string[] {
  const path = join(engine.directory, 'data/volumes', volumeOf(box), '_data/lines');
  const found = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  const known = [...box.written, ...box.perhaps];
  const wrong = [
    ...box.written.filter((word) => !found.includes(word)).map((word) => `${box.name}: exec ${word} has left nothing`),
    ...found.filter((word) => !known.includes(word)).map((word) => `${box.name}: nobody wrote ${word}`),
    ...found.filter((word, index) => found.indexOf(word) !== index).map((word) => `${box.name}: ${word} ran twice`),
  ];
  box.written = found;
  box.perhaps = box.perhaps.filter((word) => !found.includes(word));
  return wrong;
}

/** Nothing is on the machine, or in the engine's directories, of what is not there or does not run. */
async function remains(engine: Engine, boxes: Box[]): Promise<string[]> {
  const found = async () => {
    const listed = (await engine.request('GET', '/containers/json?all=1')).json() as { Id: string; State: string }[];
    const present = new Set(listed.map(({ Id }) => Id));
    const running = new Set(listed.filter(({ State }) => /running|paused/.test(State)).map(({ Id }) => Id));
    // One that is started again and again is on its way up or down at any moment.
    const restless = new Set(boxes.filter(({ kind }) => kind === 'again').map(({ id }) => id));
    const not = (ids: Set<string>) => (id: string) => !ids.has(id) && !restless.has(id);
    const shims = livingShims(engine);
    const execs = shims.filter(({ kind }) => kind === 'exec').map(({ id }) => id);
    const watched = shims.filter(({ kind }) => kind === 'containers').map(({ id }) => id);
    const data = join(engine.directory, 'data');
    return [
      ...watched.filter(not(running)).map((id) => `a monitor of ${id}, which does not run`),
      ...watched
        .filter((id, index) => watched.indexOf(id) !== index && !restless.has(id))
        .map((id) => `two monitors of ${id}`),
      ...[...running].filter((id) => !watched.includes(id) && !restless.has(id)).map((id) => `no monitor of ${id}`),
      ...entries(join(engine.directory, 'exec/containers'))
        .filter(not(running))
        .map((id) => `exec root: ${id}`),
      ...entries(join(engine.directory, 'exec/exec'))
        .filter((id) => !execs.includes(id))
        .map((id) => `exec root: exec ${id} ${entries(join(engine.directory, 'exec/exec', id))}`),
      ...entries(join(data, 'overlay2/containers'))
        .filter(not(present))
        .map((id) => `writable layer: ${id}`),
      ...entries(join(data, 'containers'))
        .filter(not(present))
        .map((id) => `directory: ${id}`),
      ...cgroups(boxes.map(({ id }) => id).filter(not(running))),
    ];
  };
  let last: string[] = [];
  const isClean = async () => {
    last = await found();
    return last.length === 0;
  };
  await until('nothing is left over', isClean, 10_000).catch(() => undefined);
  return last;
}

/** Of every hierarchy; on version 2 that is the one which has no name. */
function cgroups(ids: string[]): string[] {
  return ['', ...entries('/sys/fs/cgroup')].flatMap((hierarchy) =>
    ids
      .filter((id) => id !== '' && existsSync(join('/sys/fs/cgroup', hierarchy, 'tug', id)))
      .map((id) => `cgroup ${hierarchy} of ${id}`),
  );
}

function entries(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}
