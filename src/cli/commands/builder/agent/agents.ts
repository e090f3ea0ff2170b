import type { Duplex } from 'node:stream';
import { messageOf } from '../../../../kit/index.ts';
import { fs } from '../../../lazy.ts';
import { readKey } from './keys.ts';
import { ownAgent } from './own-agent.ts';
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
    const key = id === '' ? 'default' : id;
    try {
      agents.set(key, agentAt(paths, env));
    } catch (error) {
      const about = paths.length > 0 ? `failed to convert agent config for ID: ${JSON.stringify(key)}: ` : '';
      const config = `{${key} [${paths.join(' ')}] false}`;
      throw new Error(`failed to convert agent config ${config}: ${about}${messageOf(error)}`, { cause: error });
    }
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
    if (!status) throw new Error(`stat ${path}: no such file or directory`);
    if (status.isDirectory()) throw new Error(`failed to read ${path}: read ${path}: is a directory`);
  }
  const [socket] = found.filter(({ status }) => status?.isSocket());
  if (socket && found.length > 1) throw new Error('only single socket allowed');
  if (socket) return () => connectTo(socket.path);
  const keys = paths.map((path) => ({ path, key: readKey(path, fs().readFileSync(path)) }));
  return async () => ownAgent(keys);
}
