import type { SessionOutcome } from '../../../api/index.ts';
import { CliError, type Context, command } from '../../command.ts';
import { fs } from '../../lazy.ts';
import { openContext } from './contexts.ts';
import { buildFlags } from './flags.ts';
import { writeOutput } from './outputs.ts';
import type { Display } from './progress/display.ts';
import { createPlain } from './progress/plain.ts';
import { requestOf } from './request.ts';
import { readSecrets } from './secrets.ts';
import { BuildError, runSession } from './session.ts';

export const build = command({
  usage: '[OPTIONS] PATH | URL | -',
  short: 'Start a build',
  aliases: ['build', 'builder build', 'image build'],
  flags: buildFlags,
  arity: { exactly: 1 },
  async run(context, { flags, given, args }) {
    const [where = ''] = args;
    const source = await openContext(where, { file: flags.file, contexts: flags['build-context'] });
    const secrets = readSecrets(flags.secret, context.env);
    const request = await requestOf(context, { flags, given, source, secrets: [...secrets.keys()] });
    const display = await displayOf(context, flags.quiet ? 'quiet' : flags.progress);
    const reasons: string[] = [];
    try {
      const outcome = await runSession(context.client, request, {
        tree: source.tree,
        secret: (id) => secrets.get(id)?.(),
        output: (index, bytes) => writeOutput(context, request.outputs[index] ?? {}, bytes),
        status: display.status,
        explain: (step, reason) => void reasons.push(`${step}\n    ${reason}`),
      });
      await display.end();
      if (flags.check) return await checked(context, outcome);
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
      throw new CliError(`ERROR: failed to build: failed to solve: ${error.message}`, 1);
    } finally {
      source.close();
    }
  },
});

/** What `--check` prints; findings are a failure, and so is the mistake that it ended at. */
async function checked({ out, err }: Context, { warnings: findings = '', failure }: SessionOutcome): Promise<number> {
  const count = findings.split('\nWARNING: ').length - 1;
  if (count > 0) {
    const found = count === 1 ? 'warning has' : 'warnings have';
    await out.write(`Check complete, ${count} ${found} been found!\n${findings}\n`);
  } else if (!failure) await out.line('Check complete, no warnings found.');
  if (failure) await err.write(`ERROR: ${failure.message}\n${failure.text}\n`);
  return count > 0 || failure ? 1 : 0;
}

async function displayOf({ err, env }: Context, asked: string): Promise<Display> {
  const kind = asked === 'auto' ? (env.BUILDKIT_PROGRESS ?? 'auto') : asked;
  const { isatty } = await import('node:tty');
  const isTerminal = isatty(2);
  if (kind === 'quiet' || kind === 'none') return { status: () => undefined, end: async () => undefined };
  if (kind === 'rawjson') return (await import('./progress/raw.ts')).createRaw(err);
  if (kind === 'tty' && !isTerminal) throw new Error('failed to get console: provided file is not a console');
  if (kind === 'tty' || (kind === 'auto' && isTerminal)) {
    return (await import('./progress/tty.ts')).createTty(err, () => process.stderr.columns ?? 80);
  }
  if (kind !== 'auto' && kind !== 'plain') throw new Error(`invalid progress mode ${kind}`);
  return createPlain(err);
}
