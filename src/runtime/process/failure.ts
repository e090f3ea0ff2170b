import { EngineError } from '../../kit/index.ts';
import { opOf } from '../plan/encode.ts';
import type { Step } from '../plan/steps.ts';
import { errnoText } from './errno-text.ts';
import type { ShimFailure } from './protocol.ts';

const CREATE =
  'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ';
const EXEC = 'OCI runtime exec failed: exec failed: unable to start container process: ';
const ENOMEM = 12;
const ENOTDIR = 20;
const EISDIR = 21;
const ESRCH = 3;
const WRONG_KIND =
  ': Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type';

/** A shim's failure as people know it from Docker: `invalid` for what the request got wrong, `conflict` for an exec without its container. */
export function failureError(kind: 'container' | 'exec', failure: ShimFailure, steps: Step[]): EngineError {
  const op = opOf(failure.op);
  const step = steps[failure.step];
  if (kind === 'exec' && op === 'joinInit') return new EngineError('conflict', 'cannot exec in a stopped container');
  const reason = step && step.op === op ? describe(step, failure) : `${failure.text}: ${errnoText(failure.errno)}`;
  const hint = failure.errno === ENOTDIR ? WRONG_KIND : '';
  const inside = kind === 'container' && op !== undefined && duringInit(op) ? 'error during container init: ' : '';
  const message = `${kind === 'exec' ? EXEC : CREATE}${inside}${reason}${hint}`;
  return new EngineError(op === undefined ? 'internal' : 'invalid', message);
}

/** What Docker records and `docker run` returns for a process that could not be started: 127 not found, 126 not executable, else 128. */
export function startExitCode(error: unknown): number {
  const message = error instanceof Error ? error.message.toLowerCase() : '';
  if (/executable file not found|no such file or directory/.test(message)) return 127;
  if (/permission denied|exec format error|not a directory/.test(message)) return 126;
  return 128;
}

const early = new Set<Step['op']>(['cgroupMake', 'write', 'cgroupJoin', 'cgroupInto', 'deviceProgram', 'clone']);
const duringInit = (op: Step['op']) => !early.has(op);

function describe(step: Step, { errno, text }: ShimFailure): string {
  const why = errnoText(errno);
  switch (step.op) {
    case 'exec':
      return `exec: ${quoted(step.args[0] ?? '')}: ${notExecutable(text, errno, step.args[0] ?? '')}`;
    case 'cwd':
      return `chdir to cwd (${quoted(step.path)}) set in config.json failed: ${why}`;
    case 'bind':
      return mounting(step.source, step.target, `flags=MS_BIND${step.recursive ? '|MS_REC' : ''}: ${why}`);
    case 'mount':
      return mounting(step.source || step.type, step.target, `${text === step.target ? '' : `${text}: `}${why}`);
    case 'rlimit':
      return `error setting rlimits for ready process: error setting rlimit type ${step.resource}: ${why}`;
    case 'write':
    case 'cgroupMake':
    case 'cgroupJoin':
    case 'cgroupInto':
      return `unable to apply cgroup configuration: failed to write ${quoted(step.op === 'write' ? step.value : '0')}: write ${text}: ${why}`;
    case 'sysctl':
      return `open sysctl ${step.path.replaceAll('/', '.')} file: openat2 /proc/sys/${step.path}: ${why}`;
    case 'clone':
      if (errno === ENOMEM) return 'container init was OOM-killed (memory limit too low?)';
      return errno === ESRCH ? text : `${text}: ${why}`;
    case 'capabilities':
      return `unable to apply caps: ${why}`;
    case 'ids':
      return `unable to setup user: ${why}`;
    case 'seccomp':
      return `error loading seccomp filter into kernel: ${why}`;
    default:
      return `${step.op} ${text}: ${why}`;
  }
}

const quoted = (text: string) => JSON.stringify(text);
const mounting = (source: string, target: string, rest: string) =>
  `error mounting ${quoted(source)} to rootfs at ${quoted(target)}: mount src=${source}, dst=${target}, ${rest}`;

function notExecutable(text: string, errno: number, word: string): string {
  if (text === 'lookup') return 'executable file not found in $PATH';
  if (text === 'stat') return `stat ${word}: ${errnoText(errno)}`;
  return errno === EISDIR ? 'is a directory: permission denied' : errnoText(errno);
}
