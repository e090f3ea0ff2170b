import { ConnectError } from '../../../client/index.ts';
import { examine, type Symptom, thisHost } from '../../../doctor/index.ts';
import { CliError, type Context, command } from '../../command.ts';
import { flag } from '../../flags/index.ts';

const marks = { error: '✗', warning: '!', note: '·' } as const;

export const doctor = command({
  usage: '[OPTIONS]',
  short: 'Say what of the host is missing or odd, and how to mend it',
  flags: { format: flag.string('How to print it ("text"|"json")', { initial: 'text' }) },
  arity: { exactly: 0 },
  examples: [['What stands in the way of containers, for a program', 'system doctor --format json']],
  async run(context, { flags }) {
    if (flags.format !== 'text' && flags.format !== 'json') {
      throw new CliError(`invalid format: ${flags.format} (must be "text" or "json")`);
    }
    const symptoms = await ask(context);
    const lines = flags.format === 'json' ? [JSON.stringify(symptoms, undefined, 2)] : described(symptoms);
    for (const line of lines) await context.out.line(line);
    return exitCode(symptoms);
  },
});

/** 2 with an error among them, 1 with a warning, 0 with nothing but notes. */
const exitCode = (symptoms: Symptom[]): number =>
  symptoms.some(({ gravity }) => gravity === 'error')
    ? 2
    : symptoms.some(({ gravity }) => gravity === 'warning')
      ? 1
      : 0;

/** The engine looks; where none answers on this machine, the command line looks itself, with less to go by. */
async function ask({ client }: Context): Promise<Symptom[]> {
  try {
    return await client.json<Symptom[]>({ method: 'GET', path: '/tug/system/doctor' });
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    const silent: Symptom = {
      id: 'engine',
      gravity: 'error',
      text: `no engine answers: ${error.message}`,
      mend: 'start it: systemctl start tug, or tug daemon; its log says why it ended',
    };
    const usual = { dataRoot: '/var/lib/tug', execRoot: '/run/tug', cgroupParent: '/tug' };
    return [silent, ...examine(thisHost(), usual)];
  }
}

function described(symptoms: Symptom[]): string[] {
  if (symptoms.length === 0) return ['Nothing is missing, and nothing is odd.'];
  return symptoms.flatMap(({ gravity, text, mend, id }) => [`${marks[gravity]} ${text} (${id})`, `    ${mend}`]);
}
