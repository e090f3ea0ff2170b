// Each request is asked of a real Docker and of us; status, header fields, shape and words must be the same.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { type Engine, startEngine } from '../../support/engine.ts';
import { busyboxTar } from '../../support/image.ts';
import { startPeer } from '../../support/peer.ts';
import { ask, fill } from './ask.ts';
import { clear, namesOf, prepare } from './fixture.ts';
import { filters, type Probe } from './probe.ts';
import { conversations, converse } from './raw.ts';
import { subjects } from './subjects.ts';

const peer = await startPeer();
const names = namesOf(`api-${process.pid}`);

let engine: Engine;
const started = Math.floor(Date.now() / 1000);

describe.skipIf(peer === undefined)('as Docker answers', () => {
  beforeAll(async () => {
    engine = await startEngine();
    const tar = await busyboxTar();
    await Promise.all([prepare(engine.socket, tar, names), prepare(peer as string, tar, names)]);
    rmSync(tar);
  }, 60_000);

  afterAll(async () => {
    await Promise.all([clear(engine.socket, names), clear(peer as string, names)]);
    expect(await engine.dispose()).toEqual([]);
  }, 60_000);

  describe.each(Object.entries(subjects))('%s', (_, probes) => {
    test.each(probes.map((probe) => [titleOf(probe), probe] as const))(
      '%s',
      async (_, probe) => {
        const [docker, tug] = await Promise.all([ask(peer as string, probe, names), ask(engine.socket, probe, names)]);
        if (probe.statusOnly) expect(tug.status).toBe(docker.status);
        else expect(tug).toEqual(docker);
      },
      30_000,
    );
  });

  test('both have told of the same events, in the same order', async () => {
    const [docker, tug] = await Promise.all([eventsOf(peer as string), eventsOf(engine.socket)]);
    expect(docker.length).toBeGreaterThan(10);
    expect(tug).toEqual(docker);
  });

  test.each(Object.entries(conversations))('raw: %s', async (_, bytes) => {
    const text = fill(bytes, names);
    const [docker, tug] = await Promise.all([converse(peer as string, text), converse(engine.socket, text)]);
    expect(tug).toEqual(docker);
  });
});

/** What was done since the start to the things that the probes name, each as its type, action and what it is told with. */
async function eventsOf(socket: string): Promise<string[]> {
  const { run, made, tty, done, vol, net } = names;
  const asked = { container: [run, made, tty, done], volume: [vol], network: [net] };
  const told: string[] = [];
  for (const [kind, things] of Object.entries(asked)) {
    const query = `since=${started}&until=${(Date.now() / 1000).toFixed(3)}&${filters({ type: [kind], [kind]: things })}`;
    const text = await (await fetch(`http://d/events?${query}`, { unix: socket })).text();
    for (const line of text.split('\n').filter((line) => line !== '')) {
      const { Type, Action, scope, Actor, status, from } = JSON.parse(line);
      // Docker mounts a container's volumes anew for each archive it reads or makes.
      if (Type === 'volume' && Action !== 'create') continue;
      told.push([Type, Action, scope, status ?? '', from ?? '', ...Object.keys(Actor.Attributes).toSorted()].join(' '));
    }
  }
  return told;
}

function titleOf({ method, path, type = '', body = '' }: Probe): string {
  return `${method} ${path} ${type} ${body}`.trim();
}
