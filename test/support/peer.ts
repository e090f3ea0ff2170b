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

export async function stopPeer(): Promise<void> {
  await run([script, 'stop']);
}

/** What runs another command in the network of the peer at that socket, which has a loopback of its own. */
export function inPeersNetwork(socket: string): string[] {
  return ['nsenter', '-t', readFileSync(join(dirname(socket), 'docker.pid'), 'utf8').trim(), '-n'];
}
