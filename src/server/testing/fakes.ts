import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type EventMessage, frame } from '../../api/index.ts';
import type { Builds } from '../../build/index.ts';
import { type AttachSession, type Containers, createClock } from '../../container/index.ts';
import type { Images } from '../../image/index.ts';
import { createTopic, EngineError, silent } from '../../kit/index.ts';
import type { Networks } from '../../network/index.ts';
import { familiarString } from '../../oci/index.ts';
import type { Registry } from '../../registry/index.ts';
import type { Volumes } from '../../volume/index.ts';
import type { Backends, System } from '../contract.ts';
import { createEvents } from '../events/events.ts';

const id = 'c'.repeat(64);

/** One container `box` that echoes its input, and rooms around it that are empty; `calls` says what reached them. */
export interface FakeRooms {
  backends: Backends;
  calls: [name: string, ...args: unknown[]][];
  emit(event: EventMessage): void;
  exit(code: number): void;
}

export function createFakeRooms(): FakeRooms {
  const calls: FakeRooms['calls'] = [];
  const topic = createTopic<EventMessage>(() => undefined);
  const exited = Promise.withResolvers<number>();
  const record = (name: string, ...args: unknown[]) => void calls.push([name, ...args]);
  const containers = fakeContainers(record, topic.subscribe, exited.promise);
  const images = fakeImages(record);
  const volumes = fakeVolumes();
  const networks: Pick<Networks, 'list' | 'inspect' | 'subscribe'> = {
    subscribe: () => () => undefined,
    list: () => [{ Name: 'bridge', Id: 'n'.repeat(64), Scope: 'local', Driver: 'bridge' }],
    inspect(reference) {
      if (reference !== 'bridge') throw new EngineError('notFound', `network ${reference} not found`);
      return { Name: 'bridge', Id: 'n'.repeat(64), Scope: 'local', Driver: 'bridge' };
    },
  };
  const registry: Pick<Registry, 'login'> = {
    async login({ username }) {
      if (username !== 'ann') throw new EngineError('unauthorized', 'unauthorized: incorrect username or password');
      return { status: 'Login Succeeded', identityToken: '' };
    },
  };
  const builds: Pick<Builds, 'usage'> = { usage: async () => [] };
  const rooms = { containers, images, volumes, networks: networks as Networks };
  const dataRoot = mkdtempSync(join(tmpdir(), 'tug-events-'));
  const events = createEvents({ ...rooms, dataRoot, clock: createClock(), log: silent });
  const system: System = {
    server: 'Tug/0.0.0 (linux)',
    isExperimental: () => false,
    engine: { id: 'fake', name: 'machine' },
    events,
    info: async () => ({ ID: 'fake', Containers: 1, SecurityOptions: ['name=seccomp,profile=builtin'] }),
    version: () => ({ Version: '0.0.0', ApiVersion: '1.51', MinAPIVersion: '1.24', Os: 'linux', Arch: 'amd64' }),
    close() {
      events.close();
      rmSync(dataRoot, { recursive: true });
    },
  };
  return {
    backends: {
      ...rooms,
      builds: builds as Builds,
      registry: registry as Registry,
      system,
      fsck: async function* () {},
      doctor: async () => [],
      backup: async function* () {},
    },
    calls,
    emit: topic.publish,
    exit: exited.resolve,
  };
}

type Recorder = (name: string, ...args: unknown[]) => void;

function known(reference: string): void {
  if (!['box', '/box', id].includes(reference)) throw new EngineError('notFound', `No such container: ${reference}`);
}

function fakeContainers(record: Recorder, subscribe: Containers['subscribe'], exited: Promise<number>): Containers {
  const fake: Partial<Containers> = {
    async create(request) {
      record('create', request);
      if (request.body.Image === 'nosuch') throw new EngineError('notFound', 'No such image: nosuch:latest');
      return { Id: id, Warnings: [] };
    },
    start: async (reference) => {
      known(reference);
      record('start', reference);
    },
    async stop(reference, options) {
      known(reference);
      record('stop', reference, options);
      throw new EngineError('notModified', '');
    },
    kill: async (reference, options) => record('kill', reference, options),
    remove: async (reference, options) => record('remove', reference, options),
    async wait(reference, condition, signal) {
      known(reference);
      record('wait', reference, condition);
      signal.addEventListener('abort', () => record('wait abandoned'));
      return { done: exited.then((StatusCode) => ({ StatusCode })) };
    },
    async list(options) {
      record('list', options);
      return [
        {
          Id: id,
          Names: ['/box'],
          Image: 'box:1',
          Command: 'cat',
          Created: 1,
          State: 'running',
          Status: 'Up',
          Ports: [],
        },
      ];
    },
    async inspect(reference) {
      known(reference);
      const Config = { Tty: false, Hostname: 'box', OpenStdin: true, StdinOnce: true };
      return { Id: id, Name: '/box', Config, State: { Running: true, Status: 'running' }, HostConfig: {} };
    },
    resize: async (reference, size) => record('resize', reference, size),
    ...fakeStreams(record),
    subscribe,
    counts: () => ({ total: 1, running: 1, paused: 0, stopped: 0 }),
  };
  return fake as Containers;
}

function fakeStreams(record: Recorder): Partial<Containers> {
  return {
    async logs(reference, query, signal) {
      known(reference);
      record('logs', reference, query);
      return { tty: false, bytes: fakeLog(query.follow, signal) };
    },
    async attach(reference, options) {
      known(reference);
      record('attach', reference, options);
      return echoSession();
    },
    execCreate: async (reference, config) => {
      known(reference);
      record('execCreate', reference, config);
      return { Id: config.Cmd?.[0] === 'nosuch' ? 'bad' : 'e1' };
    },
    async execStart(reference, options) {
      record('execStart', reference, options);
      if (reference === 'bad') throw new EngineError('invalid', 'exec: "nosuch": executable file not found in $PATH');
      return options.detach ? undefined : echoSession();
    },
    execInspect(reference) {
      if (!['e1', 'bad'].includes(reference)) throw new EngineError('notFound', `No such exec instance: ${reference}`);
      return { ID: reference, Running: false, ExitCode: 0, ContainerID: id };
    },
  };
}

async function* fakeLog(follow: boolean, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  yield frame('stdout', Buffer.from('out\n'));
  yield frame('stderr', Buffer.from('err\n'));
  if (follow && !signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
}

/** Sends each piece of input back as a frame, and `bye` when the input ends. */
function echoSession(): AttachSession {
  return {
    tty: false,
    connect: (client: Duplex) =>
      new Promise((resolve) => {
        client.on('data', (bytes: Buffer) => {
          if (!client.write(frame('stdout', bytes))) {
            client.pause();
            client.once('drain', () => client.resume());
          }
        });
        client.on('end', () => {
          client.write(frame('stdout', Buffer.from('bye')));
          resolve();
        });
        client.on('close', resolve);
      }),
  };
}

function fakeImages(record: Recorder): Images {
  const fake: Partial<Images> = {
    list: async () => [],
    layersSize: () => 7,
    async inspect(reference) {
      if (reference !== 'box:1') throw new EngineError('notFound', `No such image: ${reference}:latest`);
      return { Id: 'sha256:1', Size: 7, Config: {} };
    },
    tag: (source, repository, tag) => record('tag', source, repository, tag),
    remove: async (reference) => [{ Untagged: reference }],
    async *load(archive) {
      let size = 0;
      for await (const bytes of archive) size += bytes.length;
      yield { stream: `Loaded ${size}\n` };
      if (size === 3) throw new EngineError('invalid', 'unexpected EOF');
    },
    async *pull({ reference }) {
      const name = familiarString(reference);
      if (reference.path.endsWith('nosuch')) throw new EngineError('notFound', `manifest for ${name} not found`);
      yield { status: `Status: Image is up to date for ${name}` };
    },
    async *import(tar, options) {
      if (options.repository === 'UPPER') throw new EngineError('invalid', 'invalid reference format');
      let size = 0;
      for await (const bytes of tar) size += bytes.length;
      yield { status: `sha256:${size}` };
    },
    subscribe: () => () => undefined,
  };
  return fake as Images;
}

function fakeVolumes(): Volumes {
  const fake: Partial<Volumes> = {
    list: async () => ({ Volumes: [], Warnings: [] }),
    usage: async () => [],
    create: async ({ name }) => ({
      Name: name ?? 'x',
      Driver: 'local',
      Mountpoint: '/x',
      Labels: {},
      Scope: 'local',
      Options: {},
    }),
    inspect(name) {
      throw new EngineError('notFound', `get ${name}: no such volume`);
    },
    subscribe: () => () => undefined,
  };
  return fake as Volumes;
}
