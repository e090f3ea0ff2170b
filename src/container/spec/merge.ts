import type { ContainerConfig } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { ImageRunConfig } from '../../oci/index.ts';

/**
 * The container's configuration with what the image says where the user said nothing; it is what `inspect` shows. A new
 * entrypoint drops the image's command. Refuses a container without a command.
 */
export function mergeConfig(user: ContainerConfig, image: ImageRunConfig = {}): ContainerConfig {
  const merged: ContainerConfig = {
    ...user,
    User: user.User || image.User || '',
    Env: mergeEnv(user.Env ?? [], image.Env ?? []),
    WorkingDir: user.WorkingDir || image.WorkingDir || '',
    Labels: { ...image.Labels, ...user.Labels },
    ...mergeCommand(user, image),
  };
  const stopSignal = user.StopSignal || image.StopSignal;
  if (stopSignal) merged.StopSignal = stopSignal;
  const volumes = { ...image.Volumes, ...user.Volumes };
  if (Object.keys(volumes).length > 0) merged.Volumes = volumes;
  const ports = { ...image.ExposedPorts, ...user.ExposedPorts };
  if (Object.keys(ports).length > 0) merged.ExposedPorts = ports;
  const healthcheck = mergeHealthcheck(user.Healthcheck, image.Healthcheck);
  if (healthcheck) merged.Healthcheck = healthcheck;
  return merged;
}

/** The user's entries first, then the image's whose names the user does not have. */
function mergeEnv(user: string[], image: string[]): string[] {
  const names = new Set(user.map(nameOf));
  return [...user, ...image.filter((entry) => !names.has(nameOf(entry)))];
}

/** The part of an environment entry before its `=`. */
export function nameOf(entry: string): string {
  const at = entry.indexOf('=');
  return at < 0 ? entry : entry.slice(0, at);
}

function mergeCommand(user: ContainerConfig, image: ImageRunConfig): Pick<ContainerConfig, 'Cmd' | 'Entrypoint'> {
  let entrypoint = user.Entrypoint ?? undefined;
  let command = user.Cmd ?? undefined;
  if (!entrypoint?.length) {
    if (!command?.length) command = image.Cmd ?? undefined;
    entrypoint ??= image.Entrypoint ?? undefined;
  }
  // `--entrypoint ""` arrives as one empty word: no entrypoint, and the image's command is not taken either.
  if (entrypoint?.length === 1 && entrypoint[0] === '') entrypoint = undefined;
  if (!entrypoint?.length && !command?.length) throw new EngineError('invalid', 'no command specified');
  return nullable({ Cmd: command, Entrypoint: entrypoint });
}

/** Docker shows an absent list as null, which its published types leave out. */
function nullable(lists: { Cmd: string[] | undefined; Entrypoint: string[] | undefined }) {
  return { Cmd: lists.Cmd ?? null, Entrypoint: lists.Entrypoint ?? null } as unknown as Pick<
    ContainerConfig,
    'Cmd' | 'Entrypoint'
  >;
}

type Healthcheck = NonNullable<ContainerConfig['Healthcheck']>;

function mergeHealthcheck(user: Healthcheck | null | undefined, image: ImageRunConfig['Healthcheck']) {
  if (!user || !image) return user ?? image;
  const merged: Healthcheck = { ...image };
  for (const [key, value] of Object.entries(user)) {
    if (Array.isArray(value) ? value.length > 0 : value) Object.assign(merged, { [key]: value });
  }
  return merged;
}

/** Entrypoint and command as one argv. */
export function argv(config: ContainerConfig): string[] {
  return [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
}
