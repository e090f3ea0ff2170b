import { ApiError, type Client } from '../../../../client/index.ts';

/** From one engine to another, and what is said of it. */
export interface Move {
  from: Client;
  to: Client;
  say(line: string): Promise<void>;
}

/** What an inspection tells of a container, as far as it is made anew. */
export interface Found {
  Id: string;
  Name: string;
  Image: string;
  State: { Running: boolean };
  Config: { Image: string; [key: string]: unknown };
  HostConfig: { Runtime?: string; NetworkMode?: string; [key: string]: unknown };
  Mounts: { Type: string; Name?: string; Driver?: string; Destination: string }[];
  NetworkSettings: {
    Networks: Record<string, { Aliases?: string[] | null; IPAMConfig?: unknown; Links?: string[] | null }>;
  };
}

/** Whether an engine has what the path names. */
export async function has(engine: Client, path: string): Promise<boolean> {
  try {
    await engine.send({ method: 'GET', path });
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return false;
    throw error;
  }
}

/** An image with its layers and that name, unless the name is there. */
export async function moveImage({ from, to, say }: Move, name: string, id: string): Promise<void> {
  if (await has(to, `/images/${name}/json`)) return;
  if (await has(to, `/images/${id}/json`)) {
    const at = name.lastIndexOf(':');
    const query = name.includes('/', at) ? { repo: name } : { repo: name.slice(0, at), tag: name.slice(at + 1) };
    await to.send({ method: 'POST', path: `/images/${id}/tag`, query });
    return say(`image ${name}`);
  }
  const saved = await from.request({ method: 'GET', path: '/images/get', query: { names: [name] } });
  const loaded = await to.request({ method: 'POST', path: '/images/load', query: { quiet: 1 }, upload: saved.body });
  const said = await loaded.text();
  if (!(await has(to, `/images/${id}/json`))) throw new Error(`image ${name} did not arrive: ${said.trim()}`);
  await say(`image ${name}`);
}

/** A network that somebody made, unless one of its name is there. */
export async function moveNetwork({ from, to, say }: Move, name: string): Promise<void> {
  const predefined = ['bridge', 'host', 'none', 'default'].includes(name) || name.startsWith('container:');
  if (predefined || (await has(to, `/networks/${encodeURIComponent(name)}`))) return;
  const path = `/networks/${encodeURIComponent(name)}`;
  const { Driver, EnableIPv6, IPAM, Internal, Attachable, Options, Labels } = await from.json<Record<string, unknown>>({
    method: 'GET',
    path,
  });
  const body = { Name: name, Driver, EnableIPv6, IPAM, Internal, Attachable, Options, Labels };
  await to.send({ method: 'POST', path: '/networks/create', body });
  await say(`network ${name}`);
}

/** A volume without its files, which go through the container; false where one of its name is there, whose files stay. */
export async function makeVolume({ from, to, say }: Move, name: string): Promise<boolean> {
  if (await has(to, `/volumes/${name}`)) return false;
  const { Driver, Options, Labels } = await from.json<{ Driver: string; Options: unknown; Labels: unknown }>({
    method: 'GET',
    path: `/volumes/${name}`,
  });
  if (Driver !== 'local') throw new Error(`volume ${name} is of the driver ${Driver}: make it by hand first`);
  await to.send({ method: 'POST', path: '/volumes/create', body: { Name: name, Driver, DriverOpts: Options, Labels } });
  await say(`volume ${name}`);
  return true;
}
