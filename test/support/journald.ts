import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { must, until } from './command.ts';

/** A real systemd-journald in a mount namespace of its own. */
export interface Journald {
  /** A process of that namespace. */
  holder(): number;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The entries with that field's value, as the journal has them. */
  entries(match: string): Promise<Record<string, string | number[]>[]>;
  dispose(): Promise<void>;
}

const program = '/lib/systemd/systemd-journald';

/** Whether this machine has one. */
export const hasJournald = existsSync(program);

/** Nobody else's messages, and no limit to how many there are. */
const settings = '[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nReadKMsg=no\nForwardToSyslog=no\nAudit=no\n';

const place = `for place in /run/systemd /run/log; do [ -d $place ] && mount -t tmpfs tmpfs $place; done
mount -t tmpfs tmpfs /run/log 2>/dev/null || mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/systemd/journald.conf.d /run/log/journal
printf '${settings.replaceAll('\n', '\\n')}' > /run/systemd/journald.conf.d/test.conf
echo ready; exec sleep 1000000`;

export async function createJournald(): Promise<Journald> {
  const holder = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', place], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const enter = ['nsenter', '-t', String(holder.pid), '-m'];
  let journal: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (!journal || journal.exitCode !== null || journal.signalCode !== null) return;
    const exited = once(journal, 'exit');
    journal.kill('SIGTERM');
    await exited;
  };
  return {
    holder: () => holder.pid ?? -1,
    async start() {
      journal = spawn(enter[0] ?? '', [...enter.slice(1), program], { stdio: 'ignore' });
      await until('the journal listens', async () => {
        const words = await must([
          ...enter,
          'sh',
          '-c',
          'echo MESSAGE=ready | logger --journald && echo yes || echo no',
        ]);
        return words.endsWith('yes');
      });
    },
    stop,
    async entries(match) {
      await must([...enter, 'journalctl', '--sync']).catch(() => undefined);
      const text = await must([...enter, 'journalctl', '-o', 'json', '--no-pager', '--all', match]);
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    },
    async dispose() {
      await stop();
      const gone = once(holder, 'exit');
      holder.kill('SIGKILL');
      await gone;
    },
  };
}
