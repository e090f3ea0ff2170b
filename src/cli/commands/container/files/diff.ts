import type { FilesystemChange } from '../../../../api/index.ts';
import { command } from '../../../command.ts';

const letters = ['C', 'A', 'D'];

export const diff = command({
  usage: 'CONTAINER',
  short: "Inspect changes to files or directories on a container's filesystem",
  aliases: ['container diff', 'diff'],
  flags: {},
  arity: { exactly: 1 },
  async run({ client, out }, { args }) {
    const [name = ''] = args;
    if (name === '') throw new Error('Container name cannot be empty');
    const path = `/containers/${encodeURIComponent(name)}/changes`;
    const changes = await client.json<FilesystemChange[] | null>({ method: 'GET', path });
    const lines = (changes ?? []).map(({ Kind, Path }) => `${letters[Kind] ?? ''} ${Path}\n`);
    await out.write(lines.join(''));
    return 0;
  },
});
