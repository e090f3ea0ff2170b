import type { ContainerConfig } from '../../../api/index.ts';
import { nameOf } from '../merge.ts';

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Entries over defaults: a repeated name replaces the earlier value, a name without `=` takes the variable away (or, if it
 * is not there, means nothing).
 */
export function overlayEnv(defaults: string[], entries: string[]): string[] {
  const values = new Map(defaults.map((entry) => [nameOf(entry), entry]));
  for (const entry of entries) {
    if (entry.includes('=')) values.set(nameOf(entry), entry);
    else values.delete(entry);
  }
  return [...values.values()];
}

/** The environment of the container's process; HOME is added from `home` unless it is set to something. */
export function containerEnv(config: ContainerConfig, home: () => string, linked: string[] = []): string[] {
  const defaults = [defaultPath, `HOSTNAME=${config.Hostname ?? ''}`, ...(config.Tty ? ['TERM=xterm'] : [])];
  return withHome(overlayEnv([...defaults, ...linked], config.Env ?? []), home);
}

/** Adds HOME, which the process finds in its environment in any case. */
export function withHome(env: string[], home: () => string): string[] {
  const given = env.find((entry) => nameOf(entry) === 'HOME');
  return given && given !== 'HOME=' ? env : [...env.filter((entry) => entry !== given), `HOME=${home()}`];
}
