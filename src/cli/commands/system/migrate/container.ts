import { type Found, has, type Move, makeVolume, moveImage, moveNetwork } from './parts.ts';

/**
 * Makes a container anew in another engine: its image with what it has changed, its networks, its volumes with their files, its settings
 * and name. It is not started, and nothing but a passing image is made where it was. Says what it did; false where its name is taken.
 */
export async function moveContainer(move: Move, reference: string): Promise<boolean> {
  const { from, to, say } = move;
  const found = await from.json<Found>({ method: 'GET', path: `/containers/${reference}/json` });
  const name = found.Name.replace(/^\//, '');
  if (await has(to, `/containers/${name}/json`)) {
    await say(`container ${name} is there already`);
    return false;
  }
  const image = await moveState(move, found, name);
  for (const network of Object.keys(found.NetworkSettings.Networks)) await moveNetwork(move, network);
  const fresh: string[] = [];
  for (const { Type, Name, Destination } of found.Mounts) {
    if (Type === 'volume' && Name && (await makeVolume(move, Name))) fresh.push(Destination);
  }
  const body = creationOf(found, image);
  await to.send({ method: 'POST', path: '/containers/create', query: { name }, body });
  for (const path of fresh) await moveFiles(move, { id: found.Id, name, path });
  await say(
    `container ${name}${found.State.Running ? ', which still runs where it was: stop it there, then start it here' : ''}`,
  );
  return true;
}

/** The name of an image in the other engine that has the container's files as they are: its own, or one made of it. */
async function moveState(move: Move, { Id, Image, Config }: Found, name: string): Promise<string> {
  const { from } = move;
  const changes = await from.json<unknown[] | null>({ method: 'GET', path: `/containers/${Id}/changes` });
  if (!changes?.length) {
    await moveImage(move, Config.Image, Image);
    return Config.Image;
  }
  const repo = `migrated/${name.toLowerCase()}`;
  const query = { container: Id, repo, tag: 'latest', comment: `container ${Id}` };
  const made = await from.json<{ Id: string }>({ method: 'POST', path: '/commit', query, body: {} });
  try {
    await moveImage(move, `${repo}:latest`, made.Id);
  } finally {
    await from.send({ method: 'DELETE', path: `/images/${repo}:latest` });
  }
  return `${repo}:latest`;
}

function creationOf({ Config, HostConfig, NetworkSettings }: Found, Image: string): object {
  // The runtime that the other engine starts everything with is no wish.
  const { Runtime, ...settings } = HostConfig;
  const EndpointsConfig = Object.fromEntries(
    Object.entries(NetworkSettings.Networks).map(([name, { Aliases, IPAMConfig, Links }]) => [
      name,
      { Aliases, IPAMConfig, Links },
    ]),
  );
  const HostConfigAnew = Runtime === undefined || Runtime === 'runc' ? settings : HostConfig;
  return { ...Config, Image, HostConfig: HostConfigAnew, NetworkingConfig: { EndpointsConfig } };
}

async function moveFiles(
  { from, to }: Move,
  { id, name, path }: { id: string; name: string; path: string },
): Promise<void> {
  const query = { path: `${path}/.` };
  const files = await from.request({ method: 'GET', path: `/containers/${id}/archive`, query });
  await to.send({
    method: 'PUT',
    path: `/containers/${name}/archive`,
    query: { path, copyUIDGID: 1 },
    headers: { 'Content-Type': 'application/x-tar' },
    upload: files.body,
  });
}
