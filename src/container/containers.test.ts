import { describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { EngineError } from '../kit/index.ts';
import { fakeProcess, socketPair } from './testing/neighbours.ts';
import { actions, containers, neighbours, reopen, useRoom } from './testing/room.ts';

useRoom();

const body = (extra: object = {}) => ({ Image: 'busybox', Cmd: ['sleep', '1'], ...extra });
const state = async (name: string) => (await containers.inspect(name, { size: false })).State;
/** Nothing more has been asked of the neighbours for a while, however busy the machine. */
async function settled(): Promise<void> {
  for (let quiet = 0, seen = -1; quiet < 5; quiet = neighbours.calls.length === seen ? quiet + 1 : 0) {
    seen = neighbours.calls.length;
    await Bun.sleep(5);
  }
}

function processOf(id: string) {
  const process = neighbours.processes.get(id);
  if (!process) throw new Error('it has no process');
  return process;
}

async function run(name: string, extra: object = {}): Promise<string> {
  const { Id } = await containers.create({ name, body: body(extra) });
  await containers.start(name);
  return Id;
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof EngineError) return `${error.kind}: ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('create', () => {
  test('one container a name, in Docker’s words; what failed leaves nothing', async () => {
    const { Id } = await containers.create({ name: 'aa', body: body() });
    neighbours.calls.length = 0;
    expect(await refusal(containers.create({ name: '/aa', body: body() }))).toBe(
      `conflict: Conflict. The container name "/aa" is already in use by container "${Id}". You have to remove (or rename) that container to be able to reuse that name.`,
    );
    expect(neighbours.calls).toEqual(['snapshots.create', 'volumes.create', 'snapshots.remove', 'volumes.remove']);
    expect(await containers.list({ all: true, size: false, filters: {} })).toHaveLength(1);
  });

  test('an unknown image and a bad name', async () => {
    expect(await refusal(containers.create({ body: body({ Image: 'x' }) }))).toBe('notFound: No such image: x:latest');
    expect(await refusal(containers.create({ name: 'a!', body: body() }))).toStartWith(
      'invalid: Invalid container name',
    );
  });

  test('an image of another platform, a container that is not there', async () => {
    const wrong = containers.create({ platform: 'linux/s390x', body: body() });
    expect(await refusal(wrong)).toMatch(
      /^notFound: image with reference \S+ was found but its platform \(linux\/\w+\) does not match the specified platform \(linux\/s390x\)$/,
    );
    expect(await refusal(containers.kill('nosuch', {}))).toBe(
      'notFound: cannot kill container: nosuch: No such container: nosuch',
    );
  });

  test('refers to its image and volumes', async () => {
    const { Id } = await containers.create({ name: 'aa', body: body({ HostConfig: { Binds: ['data:/d'] } }) });
    const targets = neighbours.store.view((tx) => tx.refs.targetsOf(`container:${Id}`).map(({ target }) => target));
    expect(targets).toContain('volume:data');
    expect(targets.filter((target) => target.startsWith('image:'))).toHaveLength(1);
  });

  test('ids resolve by name, by unique prefix, and not by what several share', async () => {
    const ids = new Set<string>();
    for (let index = 0; index < 17; index++) ids.add((await containers.create({ body: body() })).Id);
    const [id = ''] = ids;
    expect((await containers.inspect(id.slice(0, 20), { size: false })).Id).toBe(id);
    const shared = [...'0123456789abcdef'].find((digit) => [...ids].filter((id) => id.startsWith(digit)).length > 1);
    expect(await refusal(containers.inspect(shared ?? '', { size: false }))).toBe(
      `invalid: multiple IDs found with provided prefix: ${shared}`,
    );
    expect(await refusal(containers.inspect('nosuch', { size: false }))).toBe('notFound: No such container: nosuch');
  });
});

describe('start', () => {
  test('two commits from create to the gate, and the process goes after them', async () => {
    const before = neighbours.store.commits;
    const { Id } = await containers.create({ name: 'aa', body: body() });
    let atGo = 0;
    const { launch } = neighbours.runtime;
    neighbours.runtime.launch = async (request) => {
      const pending = await launch(request);
      const go = () => {
        atGo = neighbours.store.commits;
        return pending.go();
      };
      return { ...pending, go };
    };
    await containers.start('aa');
    expect(atGo - before).toBe(2);
    expect(await state('aa')).toMatchObject({ Status: 'running', Running: true, ExitCode: 0 });
    expect(actions).toEqual(['create', 'start']);
    expect(await refusal(containers.start(Id))).toStartWith('notModified');
  });

  test.each(['launch', 'go'] as const)('a failure at %s undoes all of it', async (at) => {
    neighbours.fail[at] = new EngineError('invalid', 'exec: "x": executable file not found in $PATH');
    expect(await refusal(run('aa'))).toBe('invalid: exec: "x": executable file not found in $PATH');
    expect(await state('aa')).toMatchObject({
      Status: 'created',
      ExitCode: 127,
      Error: 'exec: "x": executable file not found in $PATH',
    });
    expect(neighbours.calls).toContain('networks.release');
    expect(neighbours.calls).toContain('networks.forget');
    expect(actions).toEqual(['create']);
    neighbours.fail = {};
    await containers.start('aa');
    expect(await state('aa')).toMatchObject({ Status: 'running', ExitCode: 0, Error: '' });
  });

  test('the networks and volumes it has are told of before its start, and before its end', async () => {
    const told: unknown[] = [];
    const id = await run('aa');
    containers.subscribe((event) => told.push([event.Type, event.Action, event.Actor?.Attributes]));
    processOf(id).end({ code: 0 });
    await settled();
    await containers.start('aa');
    const mount = { container: id, destination: '/anonymous', driver: 'local', propagation: '', 'read/write': 'true' };
    const network = { container: id, name: 'bridge', type: 'bridge' };
    expect(told).toEqual([
      ['network', 'disconnect', network],
      ['volume', 'unmount', { container: id, driver: 'local' }],
      ['container', 'die', expect.anything()],
      ['volume', 'mount', mount],
      ['network', 'connect', network],
      ['container', 'start', expect.anything()],
    ]);
  });

  test('a network that cannot be had: nothing was launched, exit code 128', async () => {
    neighbours.fail.attach = new EngineError('internal', 'Bind for 0.0.0.0:80 failed: port is already allocated');
    expect(await refusal(run('aa'))).toContain('port is already allocated');
    expect((await state('aa'))?.ExitCode).toBe(128);
    expect(neighbours.calls).not.toContain('runtime.launch');
  });

  test('one that removes itself is gone after a failed start', async () => {
    neighbours.fail.go = new EngineError('invalid', 'permission denied');
    await refusal(run('aa', { HostConfig: { AutoRemove: true } }));
    expect(await refusal(containers.inspect('aa', { size: false }))).toBe('notFound: No such container: aa');
    expect(actions).toEqual(['create', 'destroy']);
  });

  test('joining the network of one that does not run', async () => {
    await containers.create({ name: 'aa', body: body() });
    expect(await refusal(run('bb', { HostConfig: { NetworkMode: 'container:aa' } }))).toBe(
      'conflict: cannot join network namespace of a non running container: container aa is created',
    );
  });
});

describe('exit', () => {
  test('committed, told, then cleared up', async () => {
    const id = await run('aa');
    const { done } = await containers.wait('aa', 'not-running', new AbortController().signal);
    neighbours.calls.length = 0;
    processOf(id).end({ code: 7, at: new Date('2030-01-01T00:00:00.120Z') });
    expect(await done).toEqual({ StatusCode: 7 });
    expect(await state('aa')).toMatchObject({
      Status: 'exited',
      ExitCode: 7,
      Pid: 0,
      FinishedAt: '2030-01-01T00:00:00.12Z',
    });
    await settled();
    expect(neighbours.calls).toEqual(['networks.forget', 'networks.release']);
    expect(processOf(id).released).toBe(true);
    expect(actions).toEqual(['create', 'start', 'die']);
  });

  test('--rm: the name is free when the waiting hear of it', async () => {
    const id = await run('aa', { HostConfig: { AutoRemove: true } });
    const { done } = await containers.wait('aa', 'removed', new AbortController().signal);
    processOf(id).end({ code: 3 });
    expect(await done).toEqual({ StatusCode: 3 });
    await run('aa');
    await settled();
    expect(neighbours.calls).toContain('volumes.remove');
    expect(actions).toEqual(['create', 'start', 'die', 'destroy', 'create', 'start']);
  });

  test('an exit that cannot be written down is tried again', async () => {
    const id = await run('aa');
    const { update } = neighbours.store;
    neighbours.store.update = () => {
      throw new EngineError('internal', 'no space left on device');
    };
    processOf(id).end({ code: 7 });
    await settled();
    expect((await state('aa'))?.Running).toBe(true);
    neighbours.store.update = update;
    await Bun.sleep(1050);
    expect(await state('aa')).toMatchObject({ Running: false, ExitCode: 7 });
  });

  test('on-failure: so many times and no more; stop ends it for good', async () => {
    const RestartPolicy = { Name: 'on-failure', MaximumRetryCount: 1 };
    const id = await run('aa', { HostConfig: { RestartPolicy } });
    processOf(id).end({ code: 1 });
    await settled();
    expect(await state('aa')).toMatchObject({ Status: 'restarting', Running: true, Restarting: true, ExitCode: 1 });
    await Bun.sleep(130);
    expect((await state('aa'))?.Status).toBe('running');
    processOf(id).end({ code: 1 });
    await settled();
    expect((await state('aa'))?.Status).toBe('exited');
    expect((await containers.inspect('aa', { size: false })).RestartCount).toBe(1);
  });

  test('always: not after stop', async () => {
    await run('aa', { HostConfig: { RestartPolicy: { Name: 'always' } } });
    await containers.stop('aa', {});
    await Bun.sleep(130);
    expect((await state('aa'))?.Status).toBe('exited');
  });
});

describe('stop, kill, remove', () => {
  test('stop signals, waits, then kills', async () => {
    const id = await run('aa', { StopSignal: 'SIGINT' });
    neighbours.ignored.add(2);
    await containers.stop('aa', { timeout: 0 });
    expect(processOf(id).signals).toEqual([2, 9]);
    expect(actions.slice(2)).toEqual(['kill', 'kill', 'die', 'stop']);
    expect(await refusal(containers.stop('aa', {}))).toStartWith('notModified');
  });

  test('kill', async () => {
    const id = await run('aa');
    neighbours.ignored.add(28);
    await containers.kill('aa', { signal: 'WINCH' });
    expect(processOf(id).signals).toEqual([28]);
    expect(await refusal(containers.kill('aa', { signal: 'FOO' }))).toBe(
      'invalid: cannot kill container: aa: invalid signal: FOO',
    );
    await containers.kill('aa', {});
    expect(await refusal(containers.kill('aa', {}))).toBe(
      `conflict: cannot kill container: aa: container ${id} is not running`,
    );
  });

  test('rm: not while it runs, unless by force', async () => {
    const id = await run('aa');
    const options = { force: false, volumes: false, link: false };
    expect(await refusal(containers.remove('aa', options))).toBe(
      'conflict: cannot remove container "aa": container is running: stop the container before removing or force remove',
    );
    await containers.remove('aa', { ...options, force: true });
    expect(await refusal(containers.inspect(id, { size: false }))).toBe(`notFound: No such container: ${id}`);
    expect(neighbours.store.view((tx) => tx.refs.targetsOf(`container:${id}`))).toEqual([]);
    expect(neighbours.calls).not.toContain('volumes.remove');
  });
});

describe('attach', () => {
  const streams = { stdin: true, stdout: true, stderr: true, stream: true, logs: false };

  test('before the start: from the first byte, both ways, with stdin’s end', async () => {
    const { Id } = await containers.create({ name: 'aa', body: body({ OpenStdin: true, StdinOnce: true }) });
    const [client, browser] = await socketPair();
    const session = await containers.attach('aa', streams);
    const connected = session.connect(client);
    await containers.start('aa');
    const [socket] = processOf(Id).attached;
    if (!socket) throw new Error('nobody attached before it went');
    socket.write('out');
    expect(String((await once(browser, 'data'))[0])).toBe('out');
    browser.end('in');
    expect(String((await once(socket, 'data'))[0])).toBe('in');
    await once(socket.resume(), 'end');
    socket.end();
    await connected;
    for (const each of [client, browser, socket]) each.destroy();
  });

  test('detach keys end the session and never reach the process', async () => {
    const id = await run('aa', { OpenStdin: true, Tty: true });
    const [client, browser] = await socketPair();
    const connected = (await containers.attach('aa', streams)).connect(client);
    while (processOf(id).attached.length === 0) await settled();
    const [socket] = processOf(id).attached;
    let typed = '';
    socket?.on('data', (bytes) => {
      typed += bytes;
    });
    browser.write('a\x10b\x10');
    await settled();
    browser.write('\x11');
    await connected;
    while (typed.length < 3) await settled();
    expect(typed).toBe('a\x10b');
    expect(actions).toContain('detach');
    for (const each of [client, browser, socket]) each?.destroy();
  });

  test('those who wait are sent away when the start fails', async () => {
    await containers.create({ name: 'aa', body: body() });
    const [client, browser] = await socketPair();
    const connected = (await containers.attach('aa', streams)).connect(client);
    neighbours.fail.launch = new EngineError('internal', 'no');
    await refusal(containers.start('aa'));
    await connected;
    client.destroy();
    browser.destroy();
  });
});

describe('exec', () => {
  test('runs once, and its code stays to be asked for', async () => {
    const id = await run('aa');
    const { Id } = await containers.execCreate('aa', { Cmd: ['ls', '-l'] });
    await containers.execStart(Id, { detach: true, tty: false });
    expect(containers.execInspect(Id)).toMatchObject({ Running: true, ExitCode: null, ContainerID: id });
    expect((await containers.inspect('aa', { size: false })).ExecIDs).toEqual([Id]);
    processOf(Id).end({ code: 5 });
    await settled();
    expect(containers.execInspect(Id)).toMatchObject({ Running: false, ExitCode: 5 });
    expect(await refusal(containers.execStart(Id, { detach: true, tty: false }))).toBe(
      `conflict: exec command ${Id} has already run`,
    );
    expect(actions.slice(2)).toEqual(['exec_create: ls -l', 'exec_start: ls -l', 'exec_die']);
  });

  test('refusals', async () => {
    const { Id } = await containers.create({ name: 'aa', body: body() });
    expect(await refusal(containers.execCreate('aa', { Cmd: ['ls'] }))).toBe(
      `conflict: container ${Id} is not running`,
    );
    expect(await refusal(containers.execCreate('aa', { Cmd: [] }))).toBe('invalid: No exec command specified');
    expect(await refusal(containers.execStart('x', { detach: true, tty: false }))).toBe(
      'notFound: No such exec instance: x',
    );
  });
});

describe('restore', () => {
  test('what lives is taken over, what ended is recorded with its own time', async () => {
    const [a, b] = [await run('aa'), await run('bb')];
    const process = fakeProcess(a, processOf(a).token, () => neighbours);
    neighbours.recoverable.set(a, process);
    neighbours.recoverable.set(b, { code: 9, oom: true, at: new Date('2030-01-01T00:00:00Z') });
    await reopen();
    expect((await state('aa'))?.Status).toBe('running');
    expect(await state('bb')).toMatchObject({
      Status: 'exited',
      ExitCode: 9,
      OOMKilled: true,
      FinishedAt: '2030-01-01T00:00:00Z',
    });
    process.end({ code: 4 });
    await settled();
    expect((await state('aa'))?.ExitCode).toBe(4);
  });

  test('a start that the engine’s end cut short is undone', async () => {
    neighbours.runtime.launch = () => new Promise(() => undefined);
    await containers.create({ name: 'aa', body: body() });
    void containers.start('aa');
    await settled();
    await reopen();
    expect(await state('aa')).toMatchObject({ Status: 'created', ExitCode: 128 });
  });

  test('one that removes itself is removed when it ended meanwhile', async () => {
    const id = await run('aa', { HostConfig: { AutoRemove: true } });
    neighbours.recoverable.set(id, { code: 0, oom: false, at: new Date() });
    await reopen();
    expect(await containers.list({ all: true, size: false, filters: {} })).toEqual([]);
    expect(neighbours.calls).toContain('snapshots.remove');
  });

  test('always comes back, unless-stopped not after a stop', async () => {
    await run('aa', { HostConfig: { RestartPolicy: { Name: 'always' } } });
    await run('bb', { HostConfig: { RestartPolicy: { Name: 'unless-stopped' } } });
    await containers.stop('aa', {});
    await containers.stop('bb', {});
    await reopen();
    await Bun.sleep(30);
    expect((await state('aa'))?.Status).toBe('running');
    expect((await state('bb'))?.Status).toBe('exited');
  });
});
