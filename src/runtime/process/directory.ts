import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closeFd, openDirectory, socketPath } from '../../host/index.ts';
import { crashpoint } from '../../kit/index.ts';
import type { Exit, OciRuntime } from '../contract.ts';
import { VERSION } from './protocol.ts';

/** What is left in the directory of a start, so that another engine can take it up. */
export interface LaunchRecord {
  token: string;
  boot: string;
  /** Path of the container's cgroup in every hierarchy; empty for an exec. */
  cgroup: string;
  /** What its monitor speaks; one that says nothing speaks the first version. */
  protocol?: number;
  /** Another runtime's work: what clears up after it, and the cgroup of the container (an exec's too). */
  oci?: { runtime: OciRuntime; id: string; cgroup: string };
}

/** The directory of one start: its socket, `launch.json`, `running` once it was let go, `exit` at the end. */
export interface Directory {
  readonly path: string;
  readonly fd: number;
  readonly socket: string;
  launchRecord(): LaunchRecord | undefined;
  /** Whether the process was ever let go. */
  wasRunning(): boolean;
  /** The exit record of that start, undefined if there is none or it is another start's. */
  exitRecord(token: string): Exit | undefined;
  close(): void;
  /** Deletes all of it, and closes. */
  remove(): void;
}

/** Makes the directory anew, with these files in it: whatever an earlier start left there goes. */
export function makeDirectory(path: string, record: LaunchRecord, files: Record<string, string> = {}): Directory {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(join(path, 'launch.json'), JSON.stringify({ ...record, protocol: VERSION }), { mode: 0o600 });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text, { mode: 0o600 });
  crashpoint('runtime.directory');
  return openAt(path);
}

/** The directory that another engine made; undefined if there is none. */
export function findDirectory(path: string): Directory | undefined {
  try {
    return openAt(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function openAt(path: string): Directory {
  const fd = openDirectory(path);
  let open = true;
  const close = () => {
    if (open) closeFd(fd);
    open = false;
  };
  return {
    path,
    fd,
    socket: socketPath(fd, 'sock'),
    launchRecord: () => parseJson<LaunchRecord>(readIfThere(join(path, 'launch.json'))),
    wasRunning: () => readIfThere(join(path, 'running')) !== undefined,
    exitRecord: (token) => parseExit(readIfThere(join(path, 'exit')), token),
    close,
    remove: () => {
      close();
      // The monitor has left it empty, as a rule.
      if (!removedEmpty(path)) rmSync(path, { recursive: true, force: true });
    },
  };
}

function removedEmpty(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}

function parseExit(text: string | undefined, token: string): Exit | undefined {
  const record = parseJson<{ token: string; code: number; oom: boolean; at: string }>(text);
  if (record?.token !== token) return undefined;
  return { code: record.code, oom: record.oom, at: new Date(Number(BigInt(record.at) / 1_000_000n)) };
}

function parseJson<T>(text: string | undefined): T | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined; // a kill left it half written: it was never the record of anything
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
