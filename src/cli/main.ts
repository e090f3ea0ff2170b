import { UpgradeError } from '../client/index.ts';
import { CliError } from './command.ts';
import { type Bare, dispatch } from './dispatch.ts';
import { errorText } from './error-text.ts';
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
    code = await report(error, context);
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

async function report(error: unknown, context: Bare): Promise<number> {
  const { path = context.program, failure = 1 } = context.running ?? {};
  const text = errorText(error);
  if (error instanceof CliError && !error.hint) {
    if (text) await context.err.line(text);
    return error.code;
  }
  const code = error instanceof CliError ? error.code : error instanceof UpgradeError ? 1 : failure;
  if (code < 125) {
    await context.err.line(text);
    return code;
  }
  await context.err.line(`${context.program}: ${text}\n\nRun '${path} --help' for more information`);
  return code;
}
