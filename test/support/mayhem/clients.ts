import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engine.ts';
import type { Random } from '../random.ts';
import { type Box, type Kind, newBox, requestFor, volumeOf } from './boxes.ts';

/** Clients that work on an engine which may die under them, and what they know of its containers. */
export interface Clients {
  readonly boxes: Box[];
  /** What the engine answered that it must not. */
  readonly complaints: string[];
  /** How many requests were answered. */
  readonly answered: number;
  /** Sets them to work. */
  begin(): void;
  /** Has them finish what they are at, or fail with the engine. */
  pause(): Promise<void>;
}

const kinds: Kind[] = ['writer', 'writer', 'ender', 'passing', 'probed', 'again'];
const most = 7;

/** The engine went away in the middle: nobody knows what became of the request. */
class Cut extends Error {}

export function createClients(engine: Engine, random: Random, count = 3): Clients {
  const boxes: Box[] = [];
  const complaints: string[] = [];
  const work = { goesOn: false };
  let atWork: Promise<void>[] = [];
  let serial = 0;
  let answered = 0;

  /** In the history of the container that the path names. */
  const note = (path: string, outcome: string) => {
    const box = boxes.find(({ name }) => new RegExp(`[/=]${name}(?![\\d])`).test(path));
    box?.history.push(`${new Date().toISOString().slice(14, 23)} ${outcome} ${path.replace(/.*box-\d+/, '')}`);
  };
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await engine.request(method, path, body).catch((error: Error) => {
      note(path, `${method} cut`);
      throw new Cut(`${method} ${path}: ${error.message}`, { cause: error });
    });
    answered++;
    return answer;
  };
  /** A request that must succeed; `also` are other answers that are right. */
  const must = async (method: string, path: string, { body, also = [] }: { body?: unknown; also?: number[] } = {}) => {
    const answer = await ask(method, path, body);
    note(path, `${method} ${answer.status}`);
    if (answer.status >= 400 && !also.includes(answer.status)) {
      complaints.push(`${method} ${path}: ${answer.status} ${answer.text.trim()}`);
    }
    return answer;
  };

  const make = async () => {
    const name = `box-${serial++}`;
    const box = newBox(name, random.pick(kinds), 20 + random.below(100));
    boxes.push(box);
    try {
      const witness = join(engine.directory, 'witness', name);
      mkdirSync(witness, { recursive: true });
      const made = await must('POST', `/containers/create?name=${name}`, { body: requestFor(box, witness) });
      if (made.status !== 201) return;
      box.id = (made.json() as { Id: string }).Id;
      box.presence = 'here';
      if (random.chance(0.9)) await start(box);
    } finally {
      box.busy = false;
    }
  };

  const start = async (box: Box) => {
    box.maybe++;
    box.run = 'open';
    const { status } = await must('POST', `/containers/${box.name}/start`);
    box.maybe--;
    if (status === 204) box.starts++;
    // What removes itself may be gone before one looks.
    if (box.kind === 'passing') box.presence = 'open';
    box.run = 'running';
  };

  const end = async (box: Box, path: string, codes: number[]) => {
    box.run = 'open';
    box.ended++;
    box.codes = codes;
    const { status } = await must('POST', `/containers/${box.name}/${path}`, { also: [304, 409] });
    box.run = status === 204 ? 'stopped' : 'open';
  };

  const remove = async (box: Box) => {
    box.presence = 'open';
    // It is killed first.
    box.ended++;
    if (box.kind === 'ender') box.codes = [137];
    if (box.run === 'running') box.run = 'open';
    const { status } = await must('DELETE', `/containers/${box.name}?force=1`);
    if (status !== 204) return;
    box.presence = 'gone';
    await must('DELETE', `/volumes/${volumeOf(box)}`);
  };

  const execute = async (box: Box) => {
    const word = `${box.name}-${serial++}`;
    const code = 1 + random.below(9);
    const Cmd = ['sh', '-c', `echo ${word} >>/data/lines; exit ${code}`];
    box.perhaps.push(word);
    const made = await must('POST', `/containers/${box.name}/exec`, { body: { Cmd, AttachStdout: true } });
    if (made.status !== 201) return;
    const { Id } = made.json() as { Id: string };
    await must('POST', `/exec/${Id}/start`, { body: {} });
    const { ExitCode } = (await must('GET', `/exec/${Id}/json`)).json() as { ExitCode: number };
    if (ExitCode !== code) complaints.push(`exec ${word} ended with ${ExitCode}, not ${code}`);
    box.perhaps = box.perhaps.filter((other) => other !== word);
    box.written.push(word);
  };

  const read = async ({ name }: Box) => {
    await must('GET', `/containers/${name}/logs?stdout=1&tail=3`);
    await must('GET', `/containers/${name}/json`);
    await must('GET', '/containers/json?all=1');
  };

  const pauseAWhile = async (box: Box) => {
    const { name } = box;
    box.ended++;
    await must('POST', `/containers/${name}/pause`);
    await must('POST', `/containers/${name}/unpause`);
  };

  const restart = async (box: Box) => {
    box.run = 'open';
    box.maybe++;
    box.ended++;
    const { status } = await must('POST', `/containers/${box.name}/restart?t=1`);
    if (status !== 204) return;
    box.maybe--;
    box.starts++;
    box.run = 'running';
  };

  const endures = ({ kind }: Box) => kind === 'writer' || kind === 'probed';

  const workOn = (box: Box): (() => Promise<void>) => {
    if (box.kind === 'passing') return () => remove(box).then(() => undefined);
    if (box.run === 'created' || (box.run === 'stopped' && random.chance(0.6))) return () => start(box);
    const { name } = box;
    if (box.run !== 'running' || !endures(box)) {
      return random.chance(0.4) ? () => remove(box) : async () => void (await must('GET', `/containers/${name}/json`));
    }
    const works = [
      ...[execute, execute, execute, read, read, pauseAWhile, restart, remove].map((work) => () => work(box)),
      () => end(box, 'stop?t=1', [11, 137]),
      () => end(box, 'kill', [137]),
      () => must('POST', `/containers/${name}/update`, { body: { CpuShares: 200 + random.below(800) } }),
    ];
    return async () => void (await random.pick(works)());
  };

  const step = async () => {
    const here = boxes.filter(({ presence }) => presence === 'here');
    const free = here.filter(({ busy }) => !busy);
    if (free.length === 0 || (here.length < most && random.chance(0.3))) return make();
    const box = random.pick(free);
    box.busy = true;
    try {
      await workOn(box)();
    } finally {
      box.busy = false;
    }
  };

  const client = async () => {
    while (work.goesOn) {
      try {
        await step();
      } catch (error) {
        if (!(error instanceof Cut)) throw error;
        return;
      }
    }
  };

  return {
    boxes,
    complaints,
    get answered() {
      return answered;
    },
    begin() {
      work.goesOn = true;
      atWork = Array.from({ length: count }, client);
    },
    async pause() {
      work.goesOn = false;
      await Promise.all(atWork);
    },
  };
}
