import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

interface Call {
  method: string;
  Name?: string;
  ID?: string;
  Opts?: unknown;
}

/** A volume plugin for tests, written from its protocol's documentation alone. */
export interface FakePlugin {
  /** Who has each volume mounted. */
  volumes: Map<string, Set<string>>;
  calls: Call[];
  /** What a method fails with. */
  refuse: Record<string, string>;
  close(): Promise<void>;
}

/** Listens at a socket; its volumes are directories below `directory`. */
export async function startFakePlugin(socket: string, directory: string): Promise<FakePlugin> {
  const volumes: FakePlugin['volumes'] = new Map();
  const pathOf = (name: string): string => join(directory, encodeURIComponent(name));
  const described = (name: string): object => {
    const users = volumes.get(name)?.size ?? 0;
    return { Name: name, ...(users > 0 && { Mountpoint: pathOf(name) }), Status: { mounts: users } };
  };
  const answer = ({ method, Name = '', ID = '' }: Call): object => {
    const users = volumes.get(Name);
    if (fake.refuse[method] !== undefined) return { Err: fake.refuse[method] };
    if (method === 'Create') volumes.set(Name, users ?? new Set());
    else if (method === 'List') return { Volumes: [...volumes.keys()].map(described), Err: '' };
    else if (method === 'Capabilities') return { Capabilities: { Scope: 'global' } };
    else if (!users) return { Err: `there is no ${Name}` };
    else if (method === 'Get') return { Volume: described(Name), Err: '' };
    else if (method === 'Remove') volumes.delete(Name);
    else if (method === 'Unmount') users.delete(ID);
    else if (method === 'Mount') {
      users.add(ID);
      mkdirSync(pathOf(Name), { recursive: true });
      return { Mountpoint: pathOf(Name), Err: '' };
    } else return { Err: `${method}?` };
    return { Err: '' };
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const method = (request.url ?? '').replace('/VolumeDriver.', '');
    if (method === '/Plugin.Activate') return void response.end('{"Implements":["VolumeDriver"]}');
    const call: Call = { method, ...(JSON.parse(Buffer.concat(chunks).toString()) as object) };
    fake.calls.push(call);
    response.end(JSON.stringify(answer(call)));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const closed = () => new Promise<void>((resolve) => server.close(() => resolve()));
  let closing: Promise<void> | undefined;
  const fake: FakePlugin = { volumes, calls: [], refuse: {}, close: () => (closing ??= closed()) };
  return fake;
}
