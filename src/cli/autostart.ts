import { CliError } from './command.ts';

const logFile = '/var/log/tug.log';
const patience = 10_000;

/**
 * Starts the engine detached and resolves when its socket answers. Of two that are started at once the engine itself
 * lets one live; whoever's it is, the one that answers will do.
 */
export async function autostart(host: string): Promise<void> {
  const { openSync, closeSync } = await import('node:fs');
  const log = openSync(logFile, 'a', 0o640);
  // A compiled program is its own executable; from source the entry goes to the runtime.
  const entry = Bun.main.startsWith('/$bunfs/') ? [] : [Bun.main];
  const engine = Bun.spawn([process.execPath, ...entry, 'daemon'], {
    stdio: ['ignore', log, log],
    detached: true,
    cwd: '/',
  });
  engine.unref();
  closeSync(log);
  const path = host.replace(/^unix:\/\//, '');
  const deadline = Date.now() + patience;
  let lastChance = deadline;
  while (Date.now() < Math.min(deadline, lastChance)) {
    if (await answers(path)) return;
    // Another engine may be the reason that ours ended: it gets a second to answer.
    if (engine.exitCode !== null && lastChance === deadline) lastChance = Date.now() + 1000;
    await Bun.sleep(2);
  }
  throw new CliError(`the engine did not start; its last words are in ${logFile}`);
}

async function answers(path: string): Promise<boolean> {
  try {
    const socket = await Bun.connect({ unix: path, socket: { data: () => undefined } });
    socket.terminate();
    return true;
  } catch {
    return false;
  }
}
