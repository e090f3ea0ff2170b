import type { ImageConfig, ImageRunConfig, Platform } from '../../../../oci/index.ts';
import type { Image } from '../state.ts';

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What `FROM scratch` begins with. */
export function emptyImage(platform: Platform): Image {
  return { ...platform, config: { WorkingDir: '/', Env: [defaultPath] }, history: [] };
}

/** What an image's config says for those that are built on it. */
export function imageOf(config: ImageConfig): Image {
  const { architecture, os, variant, author } = config;
  return structuredClone({
    architecture,
    os,
    ...(variant === undefined ? {} : { variant }),
    ...(config['os.version'] === undefined ? {} : { 'os.version': config['os.version'] }),
    ...(author === undefined ? {} : { author }),
    config: runConfig(config.config ?? {}),
    history: config.history ?? [],
  });
}

/** Programs are found even where the base says nothing of PATH. */
export function ensurePath(image: Image): void {
  if (image.os === 'windows' || image.config.Env?.some((setting) => setting.startsWith('PATH='))) return;
  image.config.Env = [...(image.config.Env ?? []), defaultPath];
}

/** Adds to the history: with a layer of its own, or without. */
export function commit(image: Image, createdBy: string, withLayer = false): void {
  image.history.push({
    created_by: createdBy,
    comment: 'buildkit.dockerfile.v0',
    ...(withLayer ? {} : { empty_layer: true }),
  });
}

export function setConfigEnv(config: ImageRunConfig, key: string, value: string): void {
  const env = config.Env ?? [];
  const at = env.findIndex((setting) => setting.split('=', 1)[0] === key);
  config.Env = at < 0 ? [...env, `${key}=${value}`] : env.with(at, `${key}=${value}`);
}

/** A shell form's line as the stage's shell gets it. */
export function withShell({ config, os }: Image, words: readonly string[]): string[] {
  const usual = os === 'windows' ? ['cmd', '/S', '/C'] : ['/bin/sh', '-c'];
  return [...(config.Shell?.length ? config.Shell : usual), words.join(' ')];
}

function runConfig(config: ImageRunConfig): ImageRunConfig {
  const kept: (keyof ImageRunConfig)[] = [
    'User',
    'ExposedPorts',
    'Env',
    'Entrypoint',
    'Cmd',
    'Volumes',
    'WorkingDir',
    'Labels',
    'StopSignal',
    'ArgsEscaped',
    'Healthcheck',
    'Shell',
    'OnBuild',
  ];
  const pairs = kept.flatMap((key) => (config[key] === undefined || config[key] === null ? [] : [[key, config[key]]]));
  return Object.fromEntries(pairs) as ImageRunConfig;
}
