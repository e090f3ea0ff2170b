import { decodeAuth } from '../../../api/decode/index.ts';
import type { Backends } from '../../contract.ts';
import { readText, sendJson } from '../../request.ts';
import type { Route } from '../../router.ts';

/** Logins: the registry itself is asked whether the credentials are good. */
export function authRoutes({ registry }: Pick<Backends, 'registry'>): Route[] {
  return [
    [
      'POST',
      '/auth',
      async (request) => {
        const body = decodeAuth(await readText(request.body));
        const { status, identityToken } = await registry.login({
          username: body.username ?? '',
          password: body.password ?? '',
          serverAddress: body.serveraddress ?? '',
          identityToken: body.identitytoken ?? '',
        });
        await sendJson(request, 200, { Status: status, IdentityToken: identityToken });
      },
    ],
  ];
}
