import type { Stats } from 'node:fs';
import type { Call } from '../../client/index.ts';
import { explainSystemError } from '../../kit/index.ts';
import type { Context } from '../command.ts';
import { fs, path } from '../lazy.ts';

/**
 * Writes the body of an answer to stdout, or whole or not at all to a file: under a temporary name beside it first. `what`
 * begins the sentence when the file cannot be written there.
 */
export async function saveBody(
  { client, out }: Pick<Context, 'client' | 'out'>,
  call: Call,
  { file, what }: { file: string; what: string },
): Promise<void> {
  if (file === '') {
    const { stdoutIsTerminal } = await import('./terminal.ts');
    if (stdoutIsTerminal()) {
      throw new Error('cowardly refusing to save to a terminal. Use the -o flag or redirect');
    }
    for await (const bytes of (await client.request(call)).body) await out.write(bytes);
    return;
  }
  const target = openTarget(file, what);
  try {
    for await (const bytes of (await client.request(call)).body) target.write(bytes);
    target.keep();
  } finally {
    target.close();
  }
}

interface Target {
  write(bytes: Uint8Array): void;
  /** Gives the file its name. */
  keep(): void;
  /** Removes what was not kept. */
  close(): void;
}

function openTarget(file: string, what: string): Target {
  const { openSync, writeSync, closeSync, renameSync, rmSync, fchmodSync } = fs();
  const temporary = path().join(path().dirname(file), `.tmp-${path().basename(file)}${process.pid}`);
  let fd: number;
  try {
    refuse(file);
    fd = openSync(temporary, 'wx', 0o600);
  } catch (error) {
    throw new Error(`${what}: ${systemText(error, temporary)}`, { cause: error });
  }
  const close = () => rmSync(temporary, { force: true });
  // A signal ends the process, but not before the half file is gone.
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      close();
      process.exit(code);
    });
  }
  return {
    write(bytes) {
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      } catch (error) {
        throw new Error(systemText(error, temporary), { cause: error });
      }
    },
    keep() {
      fchmodSync(fd, 0o600);
      closeSync(fd);
      renameSync(temporary, file);
    },
    close,
  };
}

function systemText(error: unknown, file: string): string {
  return (explainSystemError(error, file) as Error).message;
}

/** Only a plain file is replaced, and only in a directory that is there. */
function refuse(file: string): void {
  const { statSync, lstatSync } = fs();
  const directory = path().dirname(file);
  try {
    if (!statSync(directory).isDirectory()) throw new Error(`stat ${directory}: not a directory`);
  } catch (error) {
    throw new Error(`invalid output path: ${systemText(error, directory)}`, { cause: error });
  }
  const found = lstatSync(file, { throwIfNoEntry: false });
  const kind = found && kindOf(found);
  if (kind) throw new Error(`cannot write to ${kind}`);
}

function kindOf(found: Stats): string | undefined {
  if (found.isDirectory()) return 'a directory';
  if (found.isSymbolicLink()) return 'a symbolic link directly';
  if (found.isFIFO()) return 'a named pipe (FIFO)';
  if (found.isSocket()) return 'a socket';
  if (found.isCharacterDevice()) return 'a character device file';
  return found.isBlockDevice() ? 'a block device file' : undefined;
}
