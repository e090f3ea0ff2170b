import { closeSync, ftruncateSync, mkdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { lockFile } from '../host/index.ts';
import { EngineError } from '../kit/index.ts';

/** How long a lock may outlive the engine that held it, in milliseconds. */
const patience = 2000;

/**
 * Writes the engine's process id and holds the file locked; refused while another engine holds it. A killed engine's file is
 * free. Resolves to the call that removes it.
 */
export async function writePidfile(path: string): Promise<() => void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const fd = await locked(path);
  ftruncateSync(fd);
  writeSync(fd, String(process.pid), 0);
  return () => {
    rmSync(path, { force: true });
    closeSync(fd);
  };
}

async function locked(path: string): Promise<number> {
  const end = Date.now() + patience;
  for (;;) {
    const fd = lockFile(path);
    if (fd !== undefined) return fd;
    const holder = readFileSync(path, 'utf8').trim();
    // A child that a killed engine was just making holds its files until it is a program of its own.
    if (isAlive(Number(holder)) || Date.now() > end)
      throw new EngineError(
        'conflict',
        `ensure tug is not running or delete ${path}: process with PID ${holder} is still running`,
      );
    await setTimeout(5);
  }
}

/** Of one that may be somebody else's, too. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
