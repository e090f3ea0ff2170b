import { CliError, type Context, command } from '../../command.ts';
import { fs } from '../../lazy.ts';
import { printCall, readCall } from './options/call.ts';
import { buildFlags } from './options/flags.ts';
import { prepare } from './prepare.ts';
import type { Display } from './progress/display.ts';
import { createPlain } from './progress/plain.ts';
import { BuildError, runSession } from './session.ts';

export const build = command({
  usage: '[OPTIONS] PATH | URL | -',
  short: 'Start a build',
  aliases: ['build', 'builder build', 'image build'],
  flags: buildFlags,
  arity: { exactly: 1 },
  async run(context, { flags, args }) {
    const [where = ''] = args;
    const asked = readCall(flags.call, flags.check);
    const display = await displayOf(context, flags.quiet ? 'quiet' : flags.progress);
    const { request, answers, source } = await prepare(context, { flags, call: asked.call, where });
    const reasons: string[] = [];
    try {
      const outcome = await runSession(context.client, request, {
        ...answers,
        status: display.status,
        explain: (step, reason) => void reasons.push(`${step}\n    ${reason}`),
      });
      await display.end();
      if (asked.call !== 'build') return await printCall(context, outcome, asked);
      for (const reason of reasons) await context.err.line(reason);
      if (outcome.warnings && !flags.quiet) await context.err.write(outcome.warnings);
      const id = outcome.id ?? '';
      if (flags.iidfile !== '' && id !== '') fs().writeFileSync(flags.iidfile, id);
      if (flags['metadata-file'] !== '')
        fs().writeFileSync(flags['metadata-file'], JSON.stringify(outcome.metadata, undefined, 2));
      if (flags.quiet && id !== '') await context.out.line(id);
      return 0;
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      await display.end({ message: error.message, shown: error.shown });
      throw new CliError(`ERROR: failed to build: ${error.early ? '' : 'failed to solve: '}${error.message}`, 1);
    } finally {
      source.close();
    }
  },
});

async function displayOf({ err, env }: Context, asked: string): Promise<Display> {
  const kind = asked === 'auto' ? (env.BUILDKIT_PROGRESS ?? 'auto') : asked;
  const { isatty } = await import('node:tty');
  const isTerminal = isatty(2);
  if (kind === 'quiet' || kind === 'none') return { status: () => undefined, end: async () => undefined };
  if (kind === 'rawjson') return (await import('./progress/raw.ts')).createRaw(err);
  if (kind === 'tty' && !isTerminal) {
    throw new CliError('ERROR: failed to get console: provided file is not a console');
  }
  if (kind === 'tty' || (kind === 'auto' && isTerminal)) {
    return (await import('./progress/tty.ts')).createTty(err, () => process.stderr.columns ?? 80);
  }
  if (kind !== 'auto' && kind !== 'plain') throw new CliError(`ERROR: invalid progress mode ${kind}`);
  return createPlain(err);
}
