import { CliError, command } from '../../command.ts';
import { readName } from './create.ts';
import { createLists } from './lists.ts';

export const remove = command({
  usage: 'MANIFEST_LIST [MANIFEST_LIST...]',
  short: 'Delete one or more manifest lists from local storage',
  experimental: true,
  flags: {},
  arity: { atLeast: 1 },
  async run({ config }, { args }) {
    const lists = createLists(config);
    const failures: string[] = [];
    for (const name of args) {
      try {
        await lists.remove(readName(name));
      } catch (error) {
        failures.push((error as Error).message);
      }
    }
    if (failures.length > 0) throw new CliError(failures.join('\n'));
    return 0;
  },
});
