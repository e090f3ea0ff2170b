// Who reaches whom, by real packets: {IPv4, IPv6} × {TCP, UDP} from every place of a plan to every other, on tug and on a real Docker, each
// with a network namespace for its host.
import { beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startEngine } from '../../support/engine.ts';
import { makeNetns } from '../../support/netns.ts';
import { expectedFor, named, nobody, summed } from './expected.ts';
import { type Asked, placesFor, sources } from './plan.ts';
import { type Ground, makeWorld, type World } from './world.ts';

/** From a place, to a place: who answers, and as whom it sees the one who asks. */
type Answers = Record<string, Record<string, string>>;

const peer = process.env.TUG_PEER_SOCK;
if (!peer) console.log('packets: no real Docker to compare with; tug is held against what is written down alone');

async function askFrom(world: World, from: string, names: string[]): Promise<Record<string, string>> {
  const places = Object.entries(placesFor(from)).filter(([name]) => names.includes(name));
  const questions = places.flatMap(([, { at, port }]): Asked[] => [
    ['tcp', at.v4, port],
    ['udp', at.v4, port],
    // Who has no IPv6 address is asked where nobody is.
    ['tcp', at.v6 || '::', at.v6 ? port : 9],
    ['udp', at.v6 || '::', at.v6 ? port : 9],
  ]);
  const answers = (await world.ask(from, questions)).map(named);
  return Object.fromEntries(places.map(([name], at) => [name, summed(answers.slice(at * 4, at * 4 + 4))]));
}

/** On a busy machine an answer may come too late: one that is missed is asked for again. */
async function askPatiently(world: World, from: string): Promise<Record<string, string>> {
  const wanted = expectedFor(from);
  const answers = await askFrom(world, from, Object.keys(wanted));
  for (let tries = 0; tries < 2; tries++) {
    const late = Object.keys(wanted).filter((name) => wanted[name] !== nobody && answers[name] !== wanted[name]);
    if (late.length > 0) Object.assign(answers, await askFrom(world, from, late));
  }
  return answers;
}

async function play(ground: Ground): Promise<Answers> {
  const world = await makeWorld(ground);
  try {
    const answers: Answers = {};
    for (const together of [sources.slice(0, 4), sources.slice(4, 8), sources.slice(8)]) {
      await Promise.all(
        together.map(async (from) => {
          answers[from] = await askPatiently(world, from);
        }),
      );
    }
    return answers;
  } finally {
    await world.dispose();
  }
}

describe('tug', () => {
  let answers: Answers;
  let left: string[];

  beforeAll(async () => {
    const netns = await makeNetns(`packets${process.pid}`);
    await netns.exec('ip', 'link', 'set', 'lo', 'up');
    const engine = await startEngine({ netns: netns.name });
    try {
      answers = await play({ socket: engine.socket, onHost: ['ip', 'netns', 'exec', netns.name] });
    } finally {
      left = await engine.dispose();
      await netns.remove();
    }
  }, 120_000);

  test.each(sources)('%s reaches what it may reach, and nothing else', (from) => {
    expect(answers[from]).toEqual(expectedFor(from));
  });

  test('leaves nothing', () => {
    expect(left).toEqual([]);
  });
});

describe.skipIf(!peer)('a real Docker', () => {
  let answers: Answers;

  beforeAll(async () => {
    const socket = peer as string;
    const pid = readFileSync(join(dirname(socket), 'docker.pid'), 'utf8').trim();
    answers = await play({ socket, onHost: ['nsenter', '-t', pid, '-n'] });
  }, 120_000);

  test.each(sources)('is the same from %s', (from) => {
    expect(answers[from]).toEqual(expectedFor(from));
  });
});
