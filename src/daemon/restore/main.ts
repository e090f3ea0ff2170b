import { parseArgs } from 'node:util';
import { createLog, messageOf } from '../../kit/index.ts';
import { restore } from './restore.ts';

const write = (line: string): void => void process.stderr.write(`${line}\n`);

/** `tug daemon restore --data-root DIR FILE`, which `tug system restore` calls. Resolves to the exit code. */
export async function restoreMain(argv: string[]): Promise<number> {
  try {
    const options = { 'data-root': { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true });
    const [file, more] = positionals;
    const dataRoot = values['data-root'];
    if (file === undefined || more !== undefined || !dataRoot)
      throw new Error('restore needs --data-root and one file');
    const log = createLog({ level: () => 'warn', format: 'text', write });
    process.stdout.write(`${await restore({ file, dataRoot, log })}\n`);
    return 0;
  } catch (error) {
    write(messageOf(error));
    return 1;
  }
}
