import { SystemError } from '../calls/errno.ts';

/** What is copied, and how. All fds stay the caller's. */
export interface TreeCopy {
  /** Two directories, open for reading: what is in one comes into the other. */
  from: number;
  to: number;
  /** Whose the copies are: as before, one owner's, or (without) simply this process's. */
  owners?: 'kept' | { uid: number; gid: number };
  /** Extended attributes come along: all but an overlay's own, or what a program may do alone. */
  xattrs?: 'all' | 'capabilities';
  /** Modification times lose their fraction, as in an archive. */
  wholeSeconds?: boolean;
  /** What is in the way goes, but for directories, which stay; otherwise it is EEXIST. Sockets are left out. */
  replace?: boolean;
  /** `to` itself gets mode, owner and times of `from`. */
  top?: boolean;
  /** A symlink that leads higher up than so many directories above `to` is EXDEV. */
  linksUp?: number;
  /** On this side nothing is copied from, or into, another mount than the directory's own: EXDEV. */
  within?: 'from' | 'to';
}

interface Watching {
  /** Ends the copy. */
  signal?: AbortSignal;
  /** Told now and then how large an archive of what is copied would be. */
  progress?: (bytes: number) => void;
}

/** copyTree with its program. */
export type TreeCopier = (copy: TreeCopy, watching?: Watching) => Promise<number>;

/**
 * Copies a tree by `program` (the shim, as an fd to be executed), in a process of its own that ends with this one: owners, modes, times, hard
 * links, device nodes. It works on names in open directories and follows no symlink. Resolves to the size that an archive of it would have;
 * a failure is a SystemError whose message has the place below the directories, and leaves what was copied so far.
 */
export async function copyTree(program: number, copy: TreeCopy, { signal, progress }: Watching = {}): Promise<number> {
  const child = Bun.spawn({
    cmd: [`/proc/${process.pid}/fd/${program}`, String(process.pid), ...wordsOf(copy)],
    argv0: 'tug-copy',
    env: {},
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore', copy.from, copy.to],
    ...(signal && { signal, killSignal: 'SIGKILL' as const }),
  });
  let said = '';
  let size = 0;
  for await (const bytes of child.stdout) {
    const lines = (said + Buffer.from(bytes).toString('latin1')).split('\n');
    said = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('!')) throw failure(line);
      size = Number(line);
      progress?.(size);
    }
  }
  const code = await child.exited;
  if (code !== 0) throw new Error(`a copy ended with ${child.signalCode ?? code}`);
  return size;
}

function wordsOf({ owners, linksUp, within, ...copy }: TreeCopy): string[] {
  const words: (string | false | undefined)[] = [
    owners === 'kept' && 'owners',
    typeof owners === 'object' && `owner=${owners.uid}:${owners.gid}`,
    copy.xattrs === 'all' && 'xattrs',
    copy.xattrs === 'capabilities' && 'capabilities',
    copy.wholeSeconds && 'seconds',
    copy.replace && 'replace',
    copy.top && 'top',
    within && `within=${within}`,
    linksUp !== undefined && `links=${linksUp}`,
  ];
  return words.filter((word) => typeof word === 'string');
}

/** What the last line says: the errno and where it was. */
function failure(line: string): SystemError {
  const [, errno = '', where = ''] = /^!(\d+) (.*)$/s.exec(line) ?? [];
  return new SystemError('copy', Number(errno), Buffer.from(where, 'latin1').toString());
}
