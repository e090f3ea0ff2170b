import { join } from 'node:path';
import { must, type Result, run, until } from './command.ts';

const script = join(import.meta.dirname, '../peers/firewalls.sh');

/** Whether Debian's firewalls could be had; says why not. */
export async function haveFirewalls(): Promise<boolean> {
  const { code, stderr } = await run([script, 'install'], { timeout: 300_000 });
  if (code !== 0)
    console.log(`real firewalls are skipped, they could not be fetched: ${stderr.trim().split('\n').at(-1)}`);
  return code === 0;
}

/** A root with the firewalls' programs, in whose network namespace they work. */
export interface FirewallRoot {
  exec(...command: string[]): Promise<string>;
  try(...command: string[]): Promise<Result>;
  /** Ends what still runs there. */
  end(): Promise<void>;
}

/** Opens one in the network namespace of that name. */
export async function openFirewallRoot(netns: string): Promise<FirewallRoot> {
  const command = ['ip', 'netns', 'exec', netns, script, 'run', 'sh', '-c', 'echo $$; exec sleep 1000'];
  const holder = Bun.spawn(command, { stdout: 'pipe', stderr: 'ignore' });
  const { value } = await holder.stdout.getReader().read();
  const pid = new TextDecoder().decode(value).trim();
  const inside = ['nsenter', '-t', pid, '-m', '-r', '-n', '-w'];
  return {
    exec: (...command) => must([...inside, ...command]),
    try: (...command) => run([...inside, ...command]),
    async end() {
      const { stdout } = await run(['ip', 'netns', 'pids', netns]);
      const { stdout: mine } = await run(['readlink', `/proc/${pid}/ns/mnt`]);
      for (const other of stdout.split('\n').filter(Boolean)) {
        const { stdout: theirs } = await run(['readlink', `/proc/${other}/ns/mnt`]);
        if (theirs === mine) await run(['kill', '-9', other]);
      }
      await holder.exited;
    },
  };
}

/** firewalld with its D-Bus, until it says that it runs. */
export async function startFirewalld(root: FirewallRoot): Promise<void> {
  await root.exec(
    'sh',
    '-c',
    'mkdir -p /run/dbus; [ -S /run/dbus/system_bus_socket ] || dbus-daemon --system --fork; firewalld --nofork >/dev/null 2>&1 &',
  );
  await until('firewalld runs', async () => (await root.try('firewall-cmd', '--state')).code === 0, 30_000);
}
