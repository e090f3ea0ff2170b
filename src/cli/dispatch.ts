import { checkArity } from './arity.ts';
import { CliError, type Command, type Context } from './command.ts';
import { findCommand, groups, isCommand } from './commands/index.ts';
import { configDirectory, loadConfig } from './config/file.ts';
import { createEngine } from './endpoint/engine.ts';
import { contextName } from './endpoint/resolve.ts';
import { FlagError, type FlagTable, type Parsed, parseFlags } from './flags/index.ts';
import { checkGlobals, type Globals, globalFlags } from './globals.ts';

/** What is there before the command line is read. `running` is the command that is at work. */
export interface Bare extends Pick<Context, 'out' | 'err' | 'env' | 'program'> {
  running?: { path: string; failure: number };
}

/** Reads the options before the command, finds the command and runs it. */
export async function dispatch(argv: string[], bare: Bare): Promise<number> {
  const { program, env } = bare;
  const directory = configDirectory('', env);
  const flags = globalFlags({ directory, certificates: env.DOCKER_CERT_PATH || directory });
  const parsed = readFlags(flags, argv, { path: program, usage: '[OPTIONS] COMMAND [ARG...]', interspersed: false });
  const globals: Globals = { ...parsed, program };
  checkGlobals(globals);
  const config = await loadConfig(parsed.values.config, (text) => void bare.err.line(text));
  const engine = createEngine(globals, env, config);
  const context: Context = Object.defineProperties(
    { ...bare, config, globals, isCommand, contextName: contextName(globals, env, config) },
    { client: { get: () => engine.client() } },
  ) as Context;
  const before = argv.slice(0, argv.length - parsed.args.length);
  const words = parsed.args;
  if (parsed.shortHelp) await bare.err.line(shortHelpNotice);
  if (parsed.help) return showProgramHelp(context, flags, bare.out);
  if (words.length === 0 && parsed.values.version) {
    const { versionLine } = await import('./commands/system/version.ts');
    await bare.out.line(versionLine(program));
    return 0;
  }
  if (words[0]?.startsWith('__complete')) {
    const { complete } = await import('./completion/complete.ts');
    return complete(words, context, flags);
  }
  if (words[0] === 'help') return showTopic(words.slice(1), { context, flags, before, engine });
  return runWords(words, { context, bare, flags, before, engine });
}

interface Line {
  context: Context;
  flags: FlagTable;
  /** The options before the command, as they were written. */
  before: string[];
  engine: ReturnType<typeof createEngine>;
}

const shortHelpNotice = 'Flag shorthand -h has been deprecated, use --help';

async function runWords(words: string[], line: Line & { bare: Bare }): Promise<number> {
  const { context, bare, flags } = line;
  const { program } = context;
  const found = await findCommand(words);
  if (found.kind === 'command') {
    const path = [program, ...found.path].join(' ');
    bare.running = { path, failure: found.command.failure ?? 1 };
    await line.engine.resolve();
    return runCommand(found.command, path, found.args, context);
  }
  if (found.kind === 'group') {
    if (found.path.length === 0) return showProgramHelp(context, flags, context.err);
    const path = `${program} ${found.path.join(' ')}`;
    const parsed = readFlags({}, found.args, { path, usage: '', interspersed: true });
    if (parsed.shortHelp) await context.out.line(shortHelpNotice);
    return showGroupHelp(context, found.path[0] ?? '', parsed.help ? context.out : context.err);
  }
  const code = await runPluginWords(words, line);
  if (code !== undefined) return code;
  const asksHelp = words.includes('--help');
  if (asksHelp && found.path.length === 0) return showProgramHelp(context, flags, context.out);
  if (asksHelp) return showGroupHelp(context, found.path[0] ?? '', context.out);
  const { unknownCommand } = await import('./did-you-mean.ts');
  throw new CliError(unknownCommand(program, found));
}

/** A word that is no command of ours may be a plugin's; `build` and its kin are the builder's. */
async function runPluginWords(words: string[], { context, before, engine }: Line): Promise<number | undefined> {
  const { builderCall, runPlugin } = await import('./plugins/run.ts');
  // An option that the plugins, Docker's own programs, do not know.
  const globals = before.filter((word) => !word.startsWith('--no-autostart'));
  const call = builderCall(words, globals, context) ?? { name: words[0] ?? '', argv: [...globals, ...words] };
  // A group of ours is no plugin's, whatever word follows.
  if (Object.hasOwn(groups, call.name)) return undefined;
  return runPlugin(call, { ...context, engine: await engine.forPlugins() });
}

async function runCommand(command: Command, path: string, argv: string[], context: Context): Promise<number> {
  const parsed = readFlags(command.flags, argv, {
    path,
    usage: command.usage,
    interspersed: command.interspersed ?? true,
  });
  if (parsed.shortHelp) await context.out.line(shortHelpNotice);
  if (parsed.help) {
    const { commandHelp } = await import('./help.ts');
    await context.out.write(commandHelp(command, path));
    return 0;
  }
  const wrong = checkArity(command, path, parsed.args.length, context.program);
  if (wrong) throw new CliError(wrong);
  return command.run(context, { flags: parsed.values, given: parsed.given, args: parsed.args });
}

function readFlags<F extends FlagTable>(
  flags: F,
  argv: string[],
  { path, usage, interspersed }: { path: string; usage: string; interspersed: boolean },
): Parsed<F> {
  try {
    return parseFlags(flags, argv, interspersed);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    const line = `${path} ${usage}`.trimEnd();
    throw new CliError(`${error.message}\n\nUsage:  ${line}\n\nRun '${path} --help' for more information`, 125);
  }
}

async function showTopic(words: string[], line: Line): Promise<number> {
  const { context } = line;
  const found = await findCommand(words);
  if (found.kind === 'group' && found.path.length === 0) return showProgramHelp(context, line.flags, context.out);
  if (found.kind === 'group' && found.args.length === 0)
    return showGroupHelp(context, found.path[0] ?? '', context.out);
  if (found.kind === 'command' && found.args.length === 0) {
    const { commandHelp } = await import('./help.ts');
    await context.out.write(commandHelp(found.command, [context.program, ...found.path].join(' ')));
    return 0;
  }
  if (found.kind === 'unknown' && found.path.length === 0) {
    const code = await runPluginWords([...words, '--help'], line);
    if (code !== undefined) return code;
  }
  throw new CliError(
    `unknown help topic: ${found.kind === 'unknown' ? words.slice(found.path.length).join(' ') : found.args.join(' ')}`,
  );
}

/** Only a group with commands for members of a swarm is worth a question to the engine. */
function asksSwarm(name: string): boolean {
  return Object.values(groups[name]?.commands ?? {}).some(({ hidden }) => hidden !== undefined && hidden !== true);
}

async function showGroupHelp(context: Context, name: string, out: Context['out']): Promise<number> {
  const { groupHelp } = await import('./help.ts');
  const { swarmState } = await import('./endpoint/swarm-state.ts');
  if (out === context.err && groups[name]?.runs) await out.line('');
  await out.write(groupHelp(context.program, name, asksSwarm(name) ? await swarmState(context) : undefined));
  return 0;
}

async function showProgramHelp(context: Context, flags: FlagTable, out: Context['out']): Promise<number> {
  const { programHelp } = await import('./help.ts');
  const { listPlugins } = await import('./plugins/find.ts');
  const { swarmState } = await import('./endpoint/swarm-state.ts');
  const [plugins, swarm] = await Promise.all([listPlugins(context), swarmState(context)]);
  const shown = { ...flags };
  if (context.program === 'docker') delete shown['no-autostart'];
  await out.write(programHelp(context.program, { flags: shown, plugins, swarm }));
  return 0;
}
