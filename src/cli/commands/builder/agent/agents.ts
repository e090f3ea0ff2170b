import type { Duplex } from 'node:stream';
import { fs } from '../../../lazy.ts';
import { connectTo } from './socket.ts';

/** `--ssh`: by id, how a connection to its agent is had. A key is served by an agent of tug's own. */
export function readAgents(
  texts: string[],
  env: Record<string, string | undefined>,
): Map<string, () => Promise<Duplex>> {
  const agents = new Map<string, () => Promise<Duplex>>();
  for (const text of texts) {
    const at = text.indexOf('=');
    const id = at < 0 ? text : text.slice(0, at);
    const paths = at < 0 ? [] : text.slice(at + 1).split(',');
    agents.set(id === '' ? 'default' : id, agentAt(paths, env));
  }
  return agents;
}

function agentAt(given: string[], env: Record<string, string | undefined>): () => Promise<Duplex> {
  const paths = given.length > 0 ? given : [env.SSH_AUTH_SOCK ?? ''];
  if (paths[0] === '') {
    throw new Error('invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set');
  }
  const found = paths.map((path) => ({ path, status: fs().statSync(path, { throwIfNoEntry: false }) }));
  for (const { path, status } of found) {
    if (!status) throw new Error(`failed to stat ${path}: stat ${path}: no such file or directory`);
  }
  const [socket] = found.filter(({ status }) => status?.isSocket());
  if (socket && found.length > 1) throw new Error('only single socket allowed');
  if (socket) return () => connectTo(socket.path);
  const files = paths.map((path) => ({ path, bytes: fs().readFileSync(path) }));
  return async () => (await import('./own-agent.ts')).ownAgent(files);
}
