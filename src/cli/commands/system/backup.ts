import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { saveBody } from '../../stdio/save.ts';

export const backup = command({
  usage: '[OPTIONS] FILE|-',
  short: "Save all of the engine's data while it runs: images, containers, volumes, networks",
  flags: { pause: flag.bool('Let containers stand still meanwhile, so that their files are of one moment') },
  arity: { exactly: 1 },
  examples: [
    ['Into a file', 'system backup /mnt/tug.tar'],
    ['Compressed, all of one moment', 'system backup --pause - | zstd >/mnt/tug.tar.zst'],
  ],
  async run(context, { flags, args: [file = ''] }) {
    const call = { method: 'POST' as const, path: '/tug/system/backup', query: { pause: flags.pause ? 1 : 0 } };
    await saveBody(context, call, { file: file === '-' ? '' : file, what: 'failed to save the backup' });
    return 0;
  },
});
