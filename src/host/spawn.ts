/**
 * Starts the program behind `programFd` in a session of its own, with /dev/null as its three streams, an empty environment
 * and `fds` as its 3, 4, 5…; nobody waits for it. The fds stay the caller's.
 */
export function spawnDetached(programFd: number, name: string, fds: number[]): void {
  const child = Bun.spawn({
    // By pid: within the new process the number is already another's.
    cmd: [`/proc/${process.pid}/fd/${programFd}`],
    argv0: name,
    env: {},
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', ...fds],
  });
  child.unref();
}
