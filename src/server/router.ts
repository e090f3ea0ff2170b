import type { Handler } from './request.ts';

/** `GET`, a pattern such as `/containers/{name}/json` (`{name}` may hold slashes), and who answers. */
export type Route = [method: string, pattern: string, handler: Handler];

export interface Match {
  handler: Handler;
  name: string;
  pattern: string;
}

/** Finds the route of a path without its version; the first that fits, in the order given. */
export function createRouter(routes: Route[]): (method: string, path: string) => Match | undefined {
  const buckets = new Map<string, { expression: RegExp; handler: Handler; pattern: string }[]>();
  for (const [method, pattern, handler] of routes) {
    const key = `${method} ${pattern.split('/')[1] ?? ''}`;
    const source = pattern
      .split('{name}')
      .map((text) => text.replace(/[.]/g, '\\.'))
      .join('(.*)');
    const bucket = buckets.get(key) ?? [];
    buckets.set(key, bucket);
    bucket.push({ expression: new RegExp(`^${source}$`, 's'), handler, pattern });
  }
  return (method, path) => {
    const end = path.indexOf('/', 1);
    const segment = path.slice(1, end === -1 ? path.length : end);
    for (const { expression, handler, pattern } of buckets.get(`${method} ${segment}`) ?? []) {
      const found = expression.exec(path);
      if (found) return { handler, name: found[1] ?? '', pattern };
    }
    return undefined;
  };
}
