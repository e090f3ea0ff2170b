import { EngineError, messageOf } from '../../kit/index.ts';
import { decodeBody } from './body.ts';
import { isBlank } from './json.ts';
import { string, struct } from './schema.ts';

const auth = struct('registry.AuthConfig', {
  username: string(),
  password: string(),
  auth: string(),
  serveraddress: string(),
  identitytoken: string(),
  registrytoken: string(),
});

export interface AuthBody {
  username?: string;
  password?: string;
  serveraddress?: string;
  identitytoken?: string;
  registrytoken?: string;
}

/** The body of `POST /auth`. Docker counts what is wrong with it as its own failure. */
export function decodeAuth(text: string): AuthBody {
  if (isBlank(text)) throw new EngineError('internal', 'EOF');
  try {
    return decodeBody<AuthBody>(auth, text, '');
  } catch (error) {
    throw new EngineError('internal', messageOf(error).replace(/^invalid JSON: /, ''), error);
  }
}

/** A body of the cluster's endpoints, as far as an engine without a cluster looks at it; may be empty. */
export function decodeSwarm(text: string, type: string): { ListenAddr?: string } {
  return text === '' ? {} : decodeBody(struct(`swarm.${type}`, { ListenAddr: string() }), text, type);
}
