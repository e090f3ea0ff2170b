import { closeSync, ftruncateSync, mkdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { lockFile } from '../host/index.ts';
import { EngineError } from '../kit/index.ts';

/**
 * Writes the engine's process id and holds the file locked; refused while another engine holds it. A killed engine's file is
 * free. Returns the call that removes it.
 */
export function writePidfile(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const fd = lockFile(path);
  if (fd === undefined) {
    const holder = readFileSync(path, 'utf8').trim();
    throw new EngineError(
      'conflict',
      `ensure tug is not running or delete ${path}: process with PID ${holder} is still running`,
    );
  }
  ftruncateSync(fd);
  writeSync(fd, String(process.pid), 0);
  return () => {
    rmSync(path, { force: true });
    closeSync(fd);
  };
}
