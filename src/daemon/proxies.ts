import { type Log, withoutCredentials } from '../kit/index.ts';

/**
 * Puts the proxies of the settings (`HTTP_PROXY` and so on) into the engine's environment, which programs that it starts inherit; under the
 * lower names, too, as git reads no others.
 */
export function setProxies(proxies: Record<string, string>, env: NodeJS.ProcessEnv, log: Log): void {
  for (const [upper, value] of Object.entries(proxies)) {
    for (const name of [upper, upper.toLowerCase()]) {
      const old = env[name];
      if (old && old !== value) {
        const values = { 'old-value': withoutCredentials(old), 'new-value': withoutCredentials(value) };
        log.warn('overriding existing proxy variable with value from configuration', { name, ...values });
      }
      env[name] = value;
    }
  }
}

/** They as flags and directives name them, for the log. */
export const shownProxies = (proxies: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(proxies).map(([name, value]) => [name.toLowerCase().replace('_', '-'), withoutCredentials(value)]),
  );
