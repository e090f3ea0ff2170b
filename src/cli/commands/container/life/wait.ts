import { command } from '../../../command.ts';
import { errorText } from '../../../error-text.ts';
import { waitForExit } from '../run.ts';

export const wait = command({
  usage: 'CONTAINER [CONTAINER...]',
  short: 'Block until one or more containers stop, then print their exit codes',
  aliases: ['container wait', 'wait'],
  flags: {},
  arity: { atLeast: 1 },
  async run({ client, out }, { args }) {
    const faults: string[] = [];
    // One after another: each code is printed as soon as all before it are.
    for (const name of args) {
      try {
        const { code } = await waitForExit(client, encodeURIComponent(name), 'not-running');
        await out.line(String(await code));
      } catch (error) {
        faults.push(errorText(error));
      }
    }
    if (faults.length > 0) throw new Error(faults.join('\n'));
    return 0;
  },
});
