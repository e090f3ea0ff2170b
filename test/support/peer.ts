import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './command.ts';

const script = join(import.meta.dirname, '../peers/dockerd.sh');

/** The socket path of a real Docker to compare with: TUG_PEER_SOCK, or one started now; undefined where none can be had. */
export async function startPeer(): Promise<string | undefined> {
  if (process.env.TUG_PEER_SOCK) return process.env.TUG_PEER_SOCK;
  const started = await run([script, 'start'], { timeout: 600_000 });
  const socket = /unix:\/\/(\S+)/.exec(started.stdout)?.[1];
  if (socket === undefined)
    console.log(`comparisons are skipped, no peer to compare with: ${started.stderr.trim().split('\n').at(-1) ?? ''}`);
  return socket;
}

/** A DOCKER_CONFIG with Docker's own compose and buildx; undefined where none can be had. */
export async function clientPlugins(): Promise<string | undefined> {
  const made = await run([script, 'clients'], { timeout: 600_000 });
  if (made.code === 0) return made.stdout.trim();
  console.log(`compose and buildx are skipped, they cannot be had: ${made.stderr.trim().split('\n').at(-1) ?? ''}`);
  return undefined;
}

/** Takes away what interrupted runs have left in it, so that only what a test makes is there to be compared. */
export async function emptyPeer(socket: string): Promise<void> {
  const env = { DOCKER_HOST: `unix://${socket}` };
  const script =
    'docker ps -aq | xargs -r docker rm -fv; docker network prune -f; docker volume prune -af; docker image prune -af; docker builder prune -af';
  await run(['sh', '-c', script], { env, timeout: 300_000 });
}

export async function stopPeer(): Promise<void> {
  await run([script, 'stop']);
}

/** What runs another command in the network of the peer at that socket, which has a loopback of its own. */
export function inPeersNetwork(socket: string): string[] {
  return ['nsenter', '-t', readFileSync(join(dirname(socket), 'docker.pid'), 'utf8').trim(), '-n'];
}
