import { posix } from 'node:path';
import type { ContainerConfig } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import { emptyContainerFields, type ImageRunConfig } from '../../oci/index.ts';

/**
 * The container's configuration with what the image says where the user said nothing, with every field that `inspect`
 * shows. A new entrypoint drops the image's command. Refuses a container without a command.
 */
export function mergeConfig(user: ContainerConfig, image: ImageRunConfig = {}): ContainerConfig {
  const healthcheck = mergeHealthcheck(user.Healthcheck, image.Healthcheck);
  const merged = {
    ...emptyContainerFields,
    OnBuild: null,
    ...given(user),
    ...mergeCommand(user, image),
    User: user.User || image.User || '',
    Env: mergeEnv(user.Env ?? [], image.Env ?? []),
    WorkingDir: cleanPath(user.WorkingDir || image.WorkingDir || ''),
    Labels: { ...image.Labels, ...user.Labels },
    Volumes: filled({ ...image.Volumes, ...user.Volumes }) ?? null,
    StopSignal: user.StopSignal || image.StopSignal,
    ExposedPorts: filled({ ...image.ExposedPorts, ...user.ExposedPorts }),
    Healthcheck: healthcheck,
  };
  return withoutUndefined(merged) as ContainerConfig;
}

const given = (user: ContainerConfig): ContainerConfig =>
  Object.fromEntries(Object.entries(user).filter(([, value]) => value !== null && value !== undefined));

const withoutUndefined = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const cleanPath = (path: string): string => (path === '' ? '' : posix.join(path, '.').replace(/(?<=.)\/$/, ''));

const filled = (fields: Record<string, unknown>): Record<string, unknown> | undefined =>
  Object.keys(fields).length > 0 ? fields : undefined;

/** The user's entries first, then the image's whose names the user does not have; null for none. */
function mergeEnv(user: string[], image: string[]): string[] | null {
  const names = new Set(user.map(nameOf));
  const merged = [...user, ...image.filter((entry) => !names.has(nameOf(entry)))];
  return merged.length > 0 ? merged : null;
}

/** The part of an environment entry before its `=`. */
export function nameOf(entry: string): string {
  const at = entry.indexOf('=');
  return at < 0 ? entry : entry.slice(0, at);
}

function mergeCommand(user: ContainerConfig, image: ImageRunConfig) {
  let entrypoint = user.Entrypoint ?? null;
  let command = user.Cmd ?? null;
  if (!entrypoint?.length) {
    if (!command?.length) command = image.Cmd ?? null;
    entrypoint ??= image.Entrypoint ?? null;
  }
  // `--entrypoint ""` arrives as one empty word: no entrypoint, and the image's command is not taken either.
  if (entrypoint?.length === 1 && entrypoint[0] === '') entrypoint = null;
  if (!entrypoint?.length && !command?.length) throw new EngineError('invalid', 'no command specified');
  return { Cmd: command, Entrypoint: entrypoint };
}

type Healthcheck = NonNullable<ContainerConfig['Healthcheck']>;

function mergeHealthcheck(user: Healthcheck | null | undefined, image: ImageRunConfig['Healthcheck']) {
  if (!user) return image;
  // What is empty is not said, nor shown.
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
