import { EngineError } from '../../../kit/index.ts';
import type { Handler } from '../../request.ts';
import type { Route } from '../../router.ts';

/** The doors of a build daemon: they say that there is none behind them. */
export function sessionRoutes(): Route[] {
  return [
    ['POST', '/session', closed('invalid')],
    ['POST', '/grpc', closed('internal')],
  ];
}

function closed(withoutUpgrade: 'invalid' | 'internal'): Handler {
  return async ({ head }) => {
    if (!head.headers.has('upgrade')) throw new EngineError(withoutUpgrade, 'no upgrade proto in request');
    throw new EngineError('unsupported', 'this engine has no build daemon');
  };
}
