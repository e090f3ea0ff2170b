import { type Engine, freePort } from '../engine.ts';

/** One whole life of a container, from its creation to its removal, in one of several kinds. Resolves to its id. */
export type Life = (engine: Engine, name: string) => Promise<string>;

const must = async (engine: Engine, method: string, path: string, body?: unknown): Promise<string> => {
  const { status, text } = await engine.request(method, path, body);
  if (status >= 400 && status !== 404) throw new Error(`${method} ${path}: ${status} ${text}`);
  return text;
};

async function create(engine: Engine, name: string, script: string, more: object = {}): Promise<string> {
  const body = { Image: 'busybox', Cmd: ['sh', '-c', script], ...more };
  const { Id } = JSON.parse(await must(engine, 'POST', `/containers/create?name=${name}`, body)) as { Id: string };
  await must(engine, 'POST', `/containers/${name}/start`);
  return Id;
}

/** Ends by itself, and leaves its log and its code. */
const short: Life = async (engine, name) => {
  const id = await create(engine, name, 'echo said; exit 3');
  const { StatusCode } = JSON.parse(await must(engine, 'POST', `/containers/${name}/wait`)) as { StatusCode: number };
  if (StatusCode !== 3) throw new Error(`${name} ended with ${StatusCode}`);
  if (!(await must(engine, 'GET', `/containers/${name}/logs?stdout=1`)).includes('said')) throw new Error('no log');
  await must(engine, 'DELETE', `/containers/${name}`);
  return id;
};

/** Is worked with, and removed while it runs. */
const worked: Life = async (engine, name) => {
  const probe = { Test: ['CMD', 'true'], Interval: 50e6 };
  const id = await create(engine, name, 'exec sleep 300', { Healthcheck: probe });
  const exec = { Cmd: ['cat', '/etc/hosts'], AttachStdout: true };
  const { Id } = JSON.parse(await must(engine, 'POST', `/containers/${name}/exec`, exec)) as { Id: string };
  await must(engine, 'POST', `/exec/${Id}/start`, {});
  await must(engine, 'POST', `/containers/${name}/pause`);
  await must(engine, 'POST', `/containers/${name}/unpause`);
  await must(engine, 'GET', `/containers/${name}/stats?stream=0&one-shot=1`);
  await must(engine, 'GET', `/containers/${name}/archive?path=/etc`);
  await must(engine, 'DELETE', `/containers/${name}?force=1`);
  return id;
};

/** With a volume of its own, a network and a port. */
const connected: Life = async (engine, name) => {
  await must(engine, 'POST', '/networks/create', { Name: `net-${name}` });
  const id = await create(engine, name, 'echo x >/data/file; exec sleep 300', {
    Volumes: { '/data': {} },
    HostConfig: { NetworkMode: `net-${name}`, PortBindings: { '80/tcp': [{ HostPort: String(await freePort()) }] } },
  });
  await must(engine, 'POST', `/containers/${name}/restart?t=0`);
  await must(engine, 'POST', `/containers/${name}/stop?t=0`);
  await must(engine, 'DELETE', `/containers/${name}?v=1`);
  await must(engine, 'DELETE', `/networks/net-${name}`);
  return id;
};

/** Removes itself. */
const passing: Life = async (engine, name) => {
  const id = await create(engine, name, 'exit 0', { HostConfig: { AutoRemove: true } });
  await must(engine, 'POST', `/containers/${name}/wait?condition=removed`);
  return id;
};

export const lives: Life[] = [short, worked, connected, passing];
