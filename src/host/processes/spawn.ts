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

/** How a program ended and all it said. */
export interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program of the host to its end, with this process's environment; undefined when there is none of that name. */
export async function runProgram(command: string[]): Promise<Said | undefined> {
  const [name = ''] = command;
  if (Bun.which(name) === null) return undefined;
  const child = Bun.spawn({ cmd: command, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}
