import { decodeAuth } from '../api/decode/index.ts';
import type { Credentials } from '../registry/index.ts';
import type { Request } from './request.ts';

/** The login that a request carries in `X-Registry-Auth`; as in Docker, what cannot be read there is none. */
export function requestCredentials({ head }: Request): Credentials {
  const header = head.headers.get('x-registry-auth') ?? '';
  return { username: '', password: '', serverAddress: '', identityToken: '', ...decoded(header) };
}

function decoded(header: string): Partial<Credentials> {
  if (header === '') return {};
  try {
    const body = decodeAuth(Buffer.from(header, 'base64url').toString());
    return {
      username: body.username ?? '',
      password: body.password ?? '',
      serverAddress: body.serveraddress ?? '',
      identityToken: body.identitytoken ?? '',
      ...(body.registrytoken && { registryToken: body.registrytoken }),
    };
  } catch {
    return {};
  }
}
