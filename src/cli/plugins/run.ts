import type { Context } from '../command.ts';
import { findPlugin } from './find.ts';

/** A command line for a plugin: the words with the options before the command, and more of the environment. */
export interface PluginCall {
  name: string;
  argv: string[];
  env?: Record<string, string>;
}

/** Runs a plugin in this program's place and returns its exit code; undefined when there is no such plugin. */
export async function runPlugin(
  call: PluginCall,
  where: Pick<Context, 'config' | 'env' | 'isCommand'> & { engine: Record<string, string> },
): Promise<number | undefined> {
  const plugin = await findPlugin(call.name, where);
  if (!plugin) return undefined;
  const child = Bun.spawn([plugin.path, ...call.argv], {
    stdin: 'inherit',
    stdout: 'inherit',
    stderr: 'inherit',
    env: {
      ...where.env,
      ...where.engine,
      ...call.env,
      DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: process.argv0,
    },
  });
  // A terminal tells both of us; what is sent to this process alone is passed on.
  const pass = (signal: NodeJS.Signals) => {
    if (!process.stdin.isTTY || signal !== 'SIGINT') child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, pass);
  const code = await child.exited;
  return child.signalCode ? 1 : code;
}

/** The words that the builder's plugin gets for `build`, `image build`, `builder …` and `bake`; undefined for any other line. */
export function builderCall(
  words: string[],
  globals: string[],
  { config, contextName, env }: Pick<Context, 'config' | 'contextName' | 'env'>,
): PluginCall | undefined {
  const name = config.data.aliases?.builder ?? 'buildx';
  const forms: [string[], string[]][] = [
    [['bake'], [name, 'bake']],
    [['builder'], [name]],
    [['build'], [name, 'build']],
    [
      ['image', 'build'],
      [name, 'build'],
    ],
  ];
  const form = forms.find(([from]) => from.every((word, at) => words[at] === word));
  if (!form) return undefined;
  const [from, to] = form;
  const namesBuilder =
    words.some((word) => word === '--builder' || word.startsWith('--builder=')) || env.BUILDX_BUILDER;
  const isChosen = namesBuilder || config.data.aliases?.builder;
  return {
    name,
    argv: [...globals, ...to, ...words.slice(from.length)],
    ...(isChosen ? {} : { env: { BUILDX_BUILDER: contextName } }),
  };
}
