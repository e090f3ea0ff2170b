import { decodeOutcome, givenFrom, nameGiven, outcomeSize } from '../../api/index.ts';
import { ApiError, type Client } from '../../client/index.ts';
import { type TarEntry, tarPadding } from '../../oci/index.ts';
import { fs } from '../lazy.ts';
import type { Source } from './paths.ts';

/** The open file as it is named to the engine. */
export function nameOpenFile(fd: number): string {
  const { dev, ino } = fs().fstatSync(fd);
  return nameGiven({ fd, device: dev, inode: ino });
}

/** Whether the engine can take this process's open files: it is this machine's, and nobody stands between. */
export async function takesFiles(client: Client): Promise<boolean> {
  if (!client.host.startsWith('unix:')) return false;
  // A directory like no other on this machine, nor on any that might be mistaken for it.
  const fd = fs().openSync('/proc/self', 'r');
  try {
    await client.send({ method: 'POST', path: '/tug/given', query: { file: nameOpenFile(fd) } });
    return true;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  } finally {
    fs().closeSync(fd);
  }
}

/** Whether a file worth giving may be in it: of a small one the engine need not be asked whether it takes any. */
export function mayBeLarge({ path, isDirectory }: Source): boolean {
  return isDirectory || (fs().statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= givenFrom;
}

/** What stands in an archive beside the header of a file that is not in it: the record that says so. */
const recordSize = 1024;

/** The files that an engine reads itself. They stay open until `close`. */
export interface GivenSources {
  /** Takes an open file over, if it is to be given: how it is named to the engine. */
  give(fd: number, size: number): string | undefined;
  close(): void;
}

/** As many as may well be open at once. */
const mostSources = 256;

/** Nothing is given yet. `count` hears of the bytes that go past the archive. */
export function createGivenSources(count: (bytes: number) => void): GivenSources {
  const fds: number[] = [];
  return {
    give(fd, size) {
      if (size < givenFrom || fds.length === mostSources) return undefined;
      fds.push(fd);
      count(size + tarPadding(size) - recordSize);
      return nameOpenFile(fd);
    },
    close: () => fds.splice(0).forEach((fd) => void fs().closeSync(fd)),
  };
}

/** The files that an engine copies into, named to it one after another as the archive comes to them. */
export interface GivenTargets {
  /** A line for each file: the body of the request. */
  readonly names: AsyncIterable<Uint8Array>;
  /** Has the engine fill the file; `entry` is what the archive has of it. Resolves when it is full. */
  fill(fd: number, entry: TarEntry): Promise<void>;
  /** Ends the names. */
  end(): void;
}

/** Nothing is given yet. `count` hears of the bytes that went past the archive. */
export function createGivenTargets(count: (bytes: number) => void): GivenTargets {
  const waiting: string[] = [];
  let ended = false;
  let wake: (() => void) | undefined;
  async function* names(): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (const name of waiting.splice(0)) yield Buffer.from(`${name}\n`);
      if (ended) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (waiting.length > 0 || ended) resolve();
      });
    }
  }
  return {
    names: names(),
    async fill(fd, entry) {
      waiting.push(nameOpenFile(fd));
      wake?.();
      const outcome = Buffer.alloc(outcomeSize);
      let length = 0;
      for await (const bytes of entry.data()) length += Buffer.from(bytes).copy(outcome, length);
      const failure = decodeOutcome(outcome);
      if (failure) throw Object.assign(new Error(failure.code), failure, { syscall: 'write' });
      const size = Number(entry.elsewhere);
      count(size + tarPadding(size) - recordSize - outcomeSize);
    },
    end() {
      ended = true;
      wake?.();
    },
  };
}
