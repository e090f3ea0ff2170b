import { olderThan } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { Backends } from '../contract.ts';
import { type Handler, sendJson } from '../request.ts';
import type { Route } from '../router.ts';

/** Networks as they are. */
export function networkRoutes({ networks }: Backends): Route[] {
  const list: Handler = (request) => {
    const found = networks.list(request.query.filters());
    // Before 1.28 the list said as much of each network, its containers too, as the inspection does.
    const whole = olderThan(request.version, '1.28');
    return sendJson(request, 200, whole ? found.map(({ Id = '' }) => networks.inspect(Id)) : found);
  };
  return [
    ['GET', '/networks', list],
    ['GET', '/networks/', list],
    [
      'GET',
      '/networks/{name}',
      async (request) => {
        checkVerbose(request.query.text('verbose'));
        const network = networks.inspect(request.name);
        const scope = request.query.text('scope');
        if (scope !== '' && scope !== network.Scope)
          throw new EngineError('notFound', `network ${request.name} not found`);
        await sendJson(request, 200, network);
      },
    ],
  ];
}

function checkVerbose(text: string): void {
  if (text === '' || /^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(text)) return;
  const problem = `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw new EngineError('invalid', `invalid value for verbose: ${text}: ${problem}`);
}
