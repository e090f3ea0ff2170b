import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, messageOf } from '../../kit/index.ts';
import { criuErrors } from '../checkpoint/criu.ts';
import { opOf } from '../plan/encode.ts';
import { errnoText } from '../process/errno-text.ts';
import { startExitCode } from '../process/failure.ts';
import type { ShimFailure } from '../process/protocol.ts';
import { criuWork, logFile } from './compile.ts';

const CREATE = 'failed to create task for container: failed to create shim task: OCI runtime create failed: ';
const START = 'failed to start task for container: OCI runtime start failed: ';
const EXEC = 'OCI runtime exec failed: ';

/** What a runtime could not do, in its own words where it left some; kinds as for the native one. */
export function ociFailure(
  kind: 'container' | 'exec',
  path: string,
  program: string,
  failure: ShimFailure,
): EngineError {
  const op = opOf(failure.op);
  const said = lastError(path);
  if (kind === 'exec' && said.message && /stopped container|container .*not running|has stopped/.test(said.message)) {
    return new EngineError('conflict', 'cannot exec in a stopped container');
  }
  const prefix = kind === 'exec' ? EXEC : op === 'start' ? START : CREATE;
  const criu = criuErrors(join(path, criuWork, 'restore.log'));
  const message = `${prefix}${said.message ?? unsaid(said.why, program, failure)}${criu ? `: ${criu}` : ''}`;
  return new EngineError(startExitCode(new Error(message)) === 128 ? 'internal' : 'invalid', message);
}

function unsaid(why: string, program: string, { errno, text }: ShimFailure): string {
  const what = text === program ? `fork/exec ${program}: ${errnoText(errno)}` : `${text}: ${errnoText(errno)}`;
  return `unable to retrieve OCI runtime error (${why}): ${errno === 0 ? `${program} did not terminate successfully` : what}`;
}

/** The last line of level `error` in the runtime's log. */
function lastError(path: string): { message?: string; why: string } {
  const file = logFile(path);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { why: absent ? `open ${file}: no such file or directory` : messageOf(error) };
  }
  const errors = text.split('\n').flatMap((line) => {
    const entry = parse(line);
    return entry?.level === 'error' && entry.msg ? [entry.msg] : [];
  });
  const message = errors.at(-1);
  return message === undefined ? { why: `no error in ${file}` } : { message, why: '' };
}

function parse(line: string): { level?: string; msg?: string } | undefined {
  try {
    return JSON.parse(line) as { level?: string; msg?: string };
  } catch {
    return undefined; // a line that the runtime did not finish
  }
}
