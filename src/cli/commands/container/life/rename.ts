import { command } from '../../../command.ts';
import { errorText } from '../../../error-text.ts';

export const rename = command({
  usage: 'CONTAINER NEW_NAME',
  short: 'Rename a container',
  aliases: ['container rename', 'rename'],
  flags: {},
  arity: { exactly: 2 },
  async run({ client, err }, { args }) {
    const [old = '', name = ''] = args.map((arg) => arg.trim());
    if (old === '' || name === '') throw new Error('Error: Neither old nor new names may be empty');
    try {
      await client.send({ method: 'POST', path: `/containers/${encodeURIComponent(old)}/rename`, query: { name } });
    } catch (error) {
      await err.line(errorText(error));
      throw new Error(`Error: failed to rename container named ${old}`, { cause: error });
    }
    return 0;
  },
});
