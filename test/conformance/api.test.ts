// Each request is asked of a real Docker and of us; status, type and words must be the same.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync, rmSync } from 'node:fs';
import { type Engine, startEngine } from '../support/engine.ts';
import { busyboxTar } from '../support/image.ts';
import { startPeer } from '../support/peer.ts';
import { type Probe, probes } from './api-requests.ts';

const peer = await startPeer();
const suffix = `api-${process.pid}`;
const image = `${suffix}-bb:1`;
const names = { run: `${suffix}-run`, made: `${suffix}-made`, tty: `${suffix}-tty` };

let engine: Engine;
let ours = '';

interface Answer {
  status: number;
  type: string | null;
  message?: string;
  members?: string[];
}

/** Puts the names of this run in place of `{run}` and the like, also where they were percent-encoded. */
function fill(text: string): string {
  const values: Record<string, string> = { ...names, image };
  return text
    .replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole)
    .replace(/%7B(\w+)%7D/g, (whole, key: string) => (values[key] ? encodeURIComponent(values[key]) : whole));
}

function send(socket: string, { method, path, body, type }: Omit<Probe, 'ownMembers'>): Promise<Response> {
  return fetch(`http://d${fill(path)}`, {
    unix: socket,
    method,
    redirect: 'manual',
    headers: body === undefined ? {} : { 'Content-Type': type ?? 'application/json' },
    ...(body === undefined ? {} : { body: fill(body) }),
    signal: AbortSignal.timeout(10_000),
  });
}

async function ask(socket: string, probe: Probe): Promise<Answer> {
  const response = await send(socket, probe);
  const text = await response.text();
  const answer: Answer = { status: response.status, type: response.headers.get('content-type') };
  const value = parse(text);
  if (response.status === 201 && probe.path.startsWith('/containers/create')) await discard(socket, value);
  const message = (value as { message?: unknown } | undefined)?.message;
  if (response.status >= 400) answer.message = normalise(typeof message === 'string' ? message : text);
  else if (value !== undefined) answer.members = membersOf(value).filter((name) => !probe.ownMembers?.includes(name));
  return answer;
}

/** A container that a probe made is in nobody's way. */
async function discard(socket: string, created: unknown): Promise<void> {
  await send(socket, { method: 'DELETE', path: `/containers/${(created as { Id: string }).Id}?v=1` });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function normalise(text: string): string {
  return text.replace(/\b[0-9a-f]{64}\b/g, '<id>').trim();
}

/** The names of the members of an object, and of the first element of a list. */
function membersOf(value: unknown): string[] {
  const one = Array.isArray(value) ? value[0] : value;
  return typeof one === 'object' && one !== null ? Object.keys(one).toSorted() : [];
}

async function prepare(socket: string, tar: string): Promise<void> {
  const repo = `repo=${suffix}-bb&tag=1`;
  const imported = await fetch(`http://d/images/create?fromSrc=-&${repo}`, {
    unix: socket,
    method: 'POST',
    headers: { 'Content-Type': 'application/x-tar' },
    body: readFileSync(tar),
  });
  expect(await imported.text()).toContain('sha256:');
  const create = async (name: string, config: object) => {
    const body = JSON.stringify({ Image: image, HostConfig: { PortBindings: {} }, ...config });
    const made = await send(socket, { method: 'POST', path: `/containers/create?name=${name}`, body });
    expect([made.status, await made.text()]).toEqual([201, expect.stringContaining('Id')]);
  };
  await create(names.run, { Cmd: ['sleep', '100000'], StopTimeout: 0 });
  await create(names.made, { Cmd: ['cat'], OpenStdin: true });
  await create(names.tty, { Cmd: ['sh'], Tty: true });
  expect((await send(socket, { method: 'POST', path: `/containers/${names.run}/start` })).status).toBe(204);
}

async function clear(socket: string): Promise<void> {
  for (const name of Object.values(names))
    await send(socket, { method: 'DELETE', path: `/containers/${name}?force=1&v=1` });
  await send(socket, { method: 'DELETE', path: `/images/${image}?force=1` });
}

describe.skipIf(peer === undefined)('as Docker answers', () => {
  beforeAll(async () => {
    engine = await startEngine();
    ours = engine.socket;
    const tar = await busyboxTar();
    await Promise.all([prepare(ours, tar), prepare(peer as string, tar)]);
    rmSync(tar);
  }, 60_000);

  afterAll(async () => {
    await Promise.all([clear(ours), clear(peer as string)]);
    expect(await engine.dispose()).toEqual([]);
  }, 60_000);

  test.each(
    probes.map((probe) => [`${probe.method} ${probe.path} ${probe.type ?? ''} ${probe.body ?? ''}`, probe] as const),
  )(
    '%s',
    async (_, probe) => {
      const [docker, tug] = await Promise.all([ask(peer as string, probe), ask(ours, probe)]);
      if (probe.statusOnly) expect(tug.status).toBe(docker.status);
      else expect(tug).toEqual(docker);
    },
    20_000,
  );
});
