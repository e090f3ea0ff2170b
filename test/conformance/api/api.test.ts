// Each request is asked of a real Docker and of us; status, header fields, shape and words must be the same.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { type Engine, startEngine } from '../../support/engine.ts';
import { busyboxTar } from '../../support/image.ts';
import { startPeer } from '../../support/peer.ts';
import { ask, fill } from './ask.ts';
import { clear, namesOf, prepare } from './fixture.ts';
import { type Listener, listen } from './listen.ts';
import type { Probe } from './probe.ts';
import { conversations, converse } from './raw.ts';
import { subjects } from './subjects.ts';

const peer = await startPeer();
const names = namesOf(`api-${process.pid}`);

let engine: Engine;
let listeners: Listener[] = [];

describe.skipIf(peer === undefined)('as Docker answers', () => {
  beforeAll(async () => {
    engine = await startEngine();
    listeners = await Promise.all([peer as string, engine.socket].map((socket) => listen(socket, names)));
    const tar = await busyboxTar();
    await Promise.all([prepare(engine.socket, tar, names), prepare(peer as string, tar, names)]);
    rmSync(tar);
    // What others have built there is no difference.
    await fetch('http://docker/build/prune?all=1', { unix: peer as string, method: 'POST' });
  }, 60_000);

  afterAll(async () => {
    for (const listener of listeners) listener.close();
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
    const [docker = [], tug = []] = await Promise.all(listeners.map((listener) => listener.told()));
    expect(docker.length).toBeGreaterThan(20);
    expect(tug).toEqual(docker);
  });

  test.each(Object.entries(conversations))('raw: %s', async (_, bytes) => {
    const text = fill(bytes, names);
    const [docker, tug] = await Promise.all([converse(peer as string, text), converse(engine.socket, text)]);
    expect(tug).toEqual(docker);
  });
});

function titleOf({ method, path, type = '', body = '' }: Probe): string {
  return `${method} ${path} ${type} ${body}`.trim();
}
