import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';

/** Needs no engine, and must have none: it makes the data root of one that is started afterwards. */
export const restore = command({
  usage: '[OPTIONS] FILE|-',
  short: 'Make a new data root from what system backup saved',
  flags: { 'data-root': flag.string('The data root, which must be empty', { initial: '/var/lib/tug' }) },
  arity: { exactly: 1 },
  examples: [
    ['On a new machine, before the engine is started', 'system restore /mnt/tug.tar'],
    ['From stdin, for another data root', 'system restore --data-root /srv/tug -'],
  ],
  async run(_, { flags, args: [file = ''] }) {
    // A compiled program is its own executable; from source the entry goes to the runtime.
    const entry = Bun.main.startsWith('/$bunfs/') ? [] : [Bun.main];
    const daemon = [process.execPath, ...entry, 'daemon', 'restore', `--data-root=${flags['data-root']}`, '--', file];
    return Bun.spawn(daemon, { stdio: ['inherit', 'inherit', 'inherit'] }).exited;
  },
});
