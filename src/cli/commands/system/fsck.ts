import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { readLines } from '../../stdio/lines.ts';

/** One line of the engine's answer; the last one counts. */
interface Line {
  subject?: string;
  problem?: string;
  repaired?: string;
  error?: string;
  found?: number;
  left?: number;
}

export const fsck = command({
  usage: '[OPTIONS]',
  short: "Check all of the engine's data, and repair it",
  flags: {
    full: flag.bool("Compare every byte of every layer's files"),
    repair: flag.bool('Repair what can be repaired'),
  },
  examples: [['Repair what can be repaired', 'system fsck --repair']],
  async run({ client, out }, { flags }) {
    const query = { repair: flags.repair ? 1 : 0, full: flags.full ? 1 : 0 };
    const reply = await client.request({ method: 'POST', path: '/tug/system/fsck', query });
    for await (const text of readLines(reply.body)) {
      const line = JSON.parse(text) as Line;
      if (line.found === undefined) await out.line(described(line));
      else return summed(line.found, line.left ?? 0, (words) => out.line(words));
    }
    throw new Error('the engine did not finish the check');
  },
});

function described({ subject, problem, repaired, error }: Line): string {
  const outcome = repaired === undefined ? error : `repaired: ${repaired}`;
  return `${subject} ${problem}${outcome === undefined ? '' : ` (${outcome})`}`;
}

async function summed(found: number, left: number, say: (words: string) => Promise<void>): Promise<number> {
  await say(found === 0 ? 'No damage found' : `${found} found, ${found - left} repaired, ${left} left`);
  return left === 0 ? 0 : 1;
}
