import { SystemError } from '../calls/errno.ts';
import { closeFd } from '../files/files.ts';
import { messagePair, receiveFd } from '../net/unix-socket.ts';

/** Which ids of the host stand for the ids within, in the kernel's form: lines of `inside outside count`. */
export interface IdMaps {
  uids: string;
  gids: string;
}

/** A user namespace and a network namespace that belongs to it, as fds that hold them (O_CLOEXEC; the caller closes both). */
export interface UserNamespace {
  user: number;
  network: number;
}

/**
 * Makes both through the shim (`program`, an fd), as no thread of this program could enter a user namespace. Blocks for the two
 * milliseconds that takes.
 */
export function newUserNamespace(program: number, { uids, gids }: IdMaps): UserNamespace {
  const [ours, theirs] = messagePair();
  const fds: number[] = [];
  try {
    const made = Bun.spawnSync({
      cmd: [`/proc/${process.pid}/fd/${program}`, uids, gids],
      argv0: 'tug-userns',
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', theirs],
    });
    if (made.exitCode !== 0) throw new SystemError('user namespace', made.exitCode || 1);
    for (let left = 2; left > 0; left--) fds.push(receiveFd(ours) ?? -1);
    const [user = -1, network = -1] = fds.splice(0);
    return { user, network };
  } catch (error) {
    for (const fd of fds) closeFd(fd);
    throw error;
  } finally {
    closeFd(ours);
    closeFd(theirs);
  }
}
