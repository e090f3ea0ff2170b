import { mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { EngineError } from '../kit/index.ts';

/** Writes the engine's process id; refuses while another engine's stands there. Returns the call that removes it. */
export function writePidfile(path: string): () => void {
  const holder = readPid(path);
  if (holder !== undefined && holder !== process.pid && isEngine(holder)) {
    throw new EngineError(
      'conflict',
      `ensure tug is not running or delete ${path}: process with PID ${holder} is still running`,
    );
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, String(process.pid));
  return () => {
    if (readPid(path) === process.pid) rmSync(path, { force: true });
  };
}

function readPid(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8').trim()) || undefined;
  } catch {
    return undefined;
  }
}

/** A killed engine leaves its file behind, and its number may be another program's by now. */
function isEngine(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`) === readlinkSync('/proc/self/exe');
  } catch {
    return false;
  }
}
