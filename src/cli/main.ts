import { createClient, UpgradeError } from '../client/index.ts';
import { checkArity } from './arity.ts';
import { autostart } from './autostart.ts';
import { CliError, type Command, type Context } from './command.ts';
import { findCommand } from './commands/index.ts';
import { errorText } from './error-text.ts';
import { FlagError, parseFlags } from './flags/index.ts';
import { globalFlags, resolveHost } from './globals.ts';
import { createOutput } from './stdio/output.ts';

/** Runs one command line (without the program's name) to its end and returns the exit code; all output is flushed. */
export async function main(argv: string[], program: string): Promise<number> {
  const out = createOutput(Bun.stdout);
  const err = createOutput(Bun.stderr);
  const context = { out, err, env: process.env, program };
  let code: number;
  try {
    code = await dispatch(argv, context);
  } catch (error) {
    code = await report(error, context, { path: program, code: 1 });
  }
  try {
    await out.flush();
    await err.flush();
  } catch (error) {
    // Of a full disk only stderr can tell, if that.
    if (code !== 0) return code;
    await Bun.write(Bun.stderr, `${errorText(error)}\n`).catch(() => undefined);
    return 1;
  }
  return code;
}

type Bare = Omit<Context, 'client'>;

async function dispatch(argv: string[], context: Bare): Promise<number> {
  const { program } = context;
  let globals: ReturnType<typeof readGlobals>;
  try {
    globals = readGlobals(argv);
  } catch (error) {
    await context.err.line(`${(error as Error).message}\n\nUsage:  ${program} [OPTIONS] COMMAND [ARG...]\n`);
    await context.err.line(`Run '${program} --help' for more information`);
    return 125;
  }
  if (globals.values.version) {
    const { versionLine } = await import('./commands/system/version.ts');
    await context.out.line(versionLine(program));
    return 0;
  }
  const found = await findCommand(globals.args);
  if (found.kind === 'group' || globals.help) {
    const { groupHelp } = await import('./help.ts');
    await context.out.write(groupHelp(program, found.path));
    return 0;
  }
  if (found.kind === 'unknown') {
    const path = [program, ...found.path].join(' ');
    const usage =
      found.path.length > 0
        ? `Usage:  ${path}

`
        : '';
    const pointer = `Run '${path} --help' for more information`;
    throw new CliError(`${program}: unknown command: ${path} ${found.word}

${usage}${pointer}`);
  }
  const { host, isDefault } = resolveHost(globals.values, context.env);
  const start = isDefault && !globals.values['no-autostart'] && process.getuid?.() === 0;
  const client = createClient({
    host,
    version: context.env.DOCKER_API_VERSION,
    onRefused: start ? () => autostart(host) : undefined,
  });
  return runCommand(found.command, [program, ...found.path].join(' '), found.args, { ...context, client });
}

function readGlobals(argv: string[]) {
  const globals = parseFlags(globalFlags, argv, false);
  if (globals.args[0] === 'help') return { ...globals, args: globals.args.slice(1), help: globals.args.length === 1 };
  return globals;
}

async function runCommand(command: Command, path: string, argv: string[], context: Context): Promise<number> {
  try {
    const { values, given, args, help } = parseFlags(command.flags, argv, command.interspersed ?? true);
    if (help) {
      const { commandHelp } = await import('./help.ts');
      await context.out.write(commandHelp(command, path));
      return 0;
    }
    const wrong = checkArity(command, path, args.length, context.program);
    if (wrong) throw new CliError(wrong);
    return await command.run(context, { flags: values, given, args });
  } catch (error) {
    if (error instanceof FlagError) {
      const usage = `Usage:  ${path} ${command.usage}\n\nRun '${path} --help' for more information`;
      await context.err.line(`${error.message}\n\n${usage}`);
      return 125;
    }
    return report(error, context, { path, code: command.failure ?? 1 });
  }
}

async function report(error: unknown, context: Bare, where: { path: string; code: number }): Promise<number> {
  const text = errorText(error);
  if (error instanceof CliError && !error.hint) {
    if (text) await context.err.line(text);
    return error.code;
  }
  const code = error instanceof CliError ? error.code : error instanceof UpgradeError ? 1 : where.code;
  if (code < 125) {
    await context.err.line(text);
    return code;
  }
  await context.err.line(`${context.program}: ${text}\n\nRun '${where.path} --help' for more information`);
  return code;
}
