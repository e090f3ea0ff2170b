import { EngineError } from '../../../kit/index.ts';
import { parseInteger } from '../../query.ts';
import { type Handler, sendJson } from '../../request.ts';
import type { Route } from '../../router.ts';

/** Managed plugins: there are none, and none can be installed. */
export function pluginRoutes(): Route[] {
  return [
    ['GET', '/plugins', list],
    ['GET', '/plugins/privileges', uninstallable],
    ['GET', '/plugins/{name}/json', absent],
    ['DELETE', '/plugins/{name}', absent],
    ['POST', '/plugins/{name}/enable', enable],
    ['POST', '/plugins/{name}/disable', absent],
    ['POST', '/plugins/{name}/push', absent],
    ['POST', '/plugins/{name}/set', absent],
    ['POST', '/plugins/pull', uninstallable],
    ['POST', '/plugins/create', uninstallable],
    ['POST', '/plugins/{name}/upgrade', uninstallable],
  ];
}

const known = ['enabled', 'capability'];

const list: Handler = async (request) => {
  const filters = request.query.filters();
  const wrong = Object.keys(filters).find((name) => !known.includes(name));
  if (wrong !== undefined) throw new EngineError('invalid', `invalid filter '${wrong}'`);
  const enabled = filters.enabled ?? ['true'];
  const says = (words: string[]) => enabled.some((value) => words.includes(value));
  if (says(['true', '1']) === says(['false', '0'])) {
    throw new EngineError('invalid', `invalid filter 'enabled=[${enabled.join(' ')}]'`);
  }
  await sendJson(request, 200, []);
};

const absent: Handler = async ({ name }) => {
  throw new EngineError('notFound', `plugin ${JSON.stringify(name)} not found`);
};

const enable: Handler = async (request) => {
  parseInteger(request.query.text('timeout'), 'Atoi');
  return absent(request);
};

const uninstallable: Handler = async () => {
  throw new EngineError('unsupported', 'this engine does not support managed plugins');
};
