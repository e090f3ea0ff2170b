import { EngineError } from '../../kit/index.ts';
import { opOf } from '../plan/encode.ts';
import type { Step } from '../plan/steps.ts';
import { errnoText } from './errno-text.ts';
import type { ShimFailure } from './protocol.ts';

const CREATE =
  'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ';
const EXEC = 'OCI runtime exec failed: exec failed: unable to start container process: ';
const INSIDE = 'error during container init: ';
const ENOMEM = 12;
const ENOTDIR = 20;
const EISDIR = 21;
const ESRCH = 3;
/** ENOENT, ESRCH, ENODEV, ECONNREFUSED: how it shows that the container has ended. */
const gone = new Set([2, ESRCH, 19, 111]);
const WRONG_KIND =
  ': Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type';

/** A shim's failure as people know it from Docker: `invalid` where Docker blames the request (126, 127), else `internal`; `conflict` for an exec without its container. */
export function failureError(kind: 'container' | 'exec', failure: ShimFailure, steps: Step[]): EngineError {
  const op = opOf(failure.op);
  const step = steps[failure.step];
  const joins = op === 'joinInit' || op === 'cgroupJoin' || op === 'cgroupInto';
  if (kind === 'exec' && joins && gone.has(failure.errno))
    return new EngineError('conflict', 'cannot exec in a stopped container');
  const reason = step && step.op === op ? describe(step, failure) : `${failure.text}: ${errnoText(failure.errno)}`;
  const hint = failure.errno === ENOTDIR ? WRONG_KIND : '';
  const inside = kind === 'container' && op !== undefined && duringInit(op) ? INSIDE : '';
  const message = `${kind === 'exec' ? EXEC : CREATE}${inside}${reason}${hint}`;
  return new EngineError(startExitCode(new Error(message)) === 128 ? 'internal' : 'invalid', message);
}

/** What Docker records and `docker run` returns for a process that could not be started: 127 not found, 126 not executable, else 128. */
export function startExitCode(error: unknown): number {
  const message = error instanceof Error ? error.message.toLowerCase() : '';
  if (/executable file not found|no such file or directory|not a directory/.test(message)) return 127;
  if (/permission denied|exec format error/.test(message)) return 126;
  return 128;
}

const early = new Set<Step['op']>(['cgroupMake', 'write', 'cgroupJoin', 'cgroupInto', 'deviceProgram', 'clone']);
const duringInit = (op: Step['op']) => !early.has(op);

type Describe = { [O in Step['op']]?: (step: Extract<Step, { op: O }>, failure: ShimFailure, why: string) => string };

const cgroup = (_step: Step, { text }: ShimFailure, why: string) =>
  `unable to apply cgroup configuration: failed to write "0": write ${text}: ${why}`;

const describers: Describe = {
  write: ({ value, path }, { text }, why) => {
    // runc makes cpusets and real-time shares ready before it joins, and sets all others after that.
    const early = /\/(cpuset\.|cpu\.rt_)[^/]*$/.test(path);
    const when = early
      ? 'unable to apply cgroup configuration'
      : `${INSIDE}error setting cgroup config for procHooks process`;
    return `${when}: failed to write ${quoted(value)}: write ${text}: ${why}`;
  },
  cgroupMake: (_step, { text }, why) => `unable to apply cgroup configuration: mkdir ${text}: ${why}`,
  cgroupJoin: cgroup,
  cgroupInto: cgroup,
  clone: (_step, { errno, text }, why) => {
    if (errno === ENOMEM) return 'container init was OOM-killed (memory limit too low?)';
    return errno === ESRCH ? text : `${text}: ${why}`;
  },
  mount: ({ source, type, target }, { text }, why) =>
    mounting(source || type, target, text === target ? why : `${text}: ${why}`),
  bind: ({ source, target, recursive }, _failure, why) =>
    mounting(source, target, `flags=MS_BIND${recursive ? '|MS_REC' : ''}: ${why}`),
  sysctl: ({ path, value }, { text }, why) => {
    const [name, at] = [path.replaceAll('/', '.'), `fsmount:fscontext:proc/./sys/${path}`];
    if (text === 'write') return `failed to write sysctl ${name} = ${quoted(value)}: write ${at}: ${why}`;
    return `open sysctl ${name} file: unsafe procfs detected: openat2 ${at}: ${why}`;
  },
  hook: (step, { text, errno }, why) =>
    `error running createContainer hook ${quoted(step.program)}: ${errno ? `${text}: ${why}` : text}`,
  hostname: (_step, _failure, why) => `sethostname: ${why}`,
  rlimit: ({ resource }, _failure, why) =>
    `error setting rlimits for ready process: error setting rlimit type ${resource}: ${why}`,
  cwd: ({ path }, _failure, why) => `chdir to cwd (${quoted(path)}) set in config.json failed: ${why}`,
  label: ({ kind }, { text }, why) =>
    kind === 'apparmor'
      ? `unable to apply apparmor profile: apparmor failed to apply profile: write fsmount:fscontext:proc/thread-self/attr/apparmor/exec: ${why}`
      : `error setting exec label: ${text}: ${why}`,
  ids: (_step, _failure, why) => `unable to setup user: ${why}`,
  capabilities: (_step, _failure, why) => `unable to apply caps: ${why}`,
  seccomp: (_step, _failure, why) => `error loading seccomp filter into kernel: ${why}`,
  exec: ({ args: [word = ''] }, { errno, text }) => `exec: ${quoted(word)}: ${notExecutable(text, errno, word)}`,
};

function describe(step: Step, failure: ShimFailure): string {
  const why = errnoText(failure.errno);
  const describer = describers[step.op] as ((step: Step, failure: ShimFailure, why: string) => string) | undefined;
  return describer?.(step, failure, why) ?? `${step.op} ${failure.text}: ${why}`;
}

const quoted = (text: string) => JSON.stringify(text);
const mounting = (source: string, target: string, rest: string) =>
  `error mounting ${quoted(source)} to rootfs at ${quoted(target)}: mount src=${source}, dst=${target}, ${rest}`;

function notExecutable(text: string, errno: number, word: string): string {
  if (text === 'lookup') return 'executable file not found in $PATH';
  if (text === 'stat') return `stat ${word}: ${errnoText(errno)}`;
  return errno === EISDIR ? 'is a directory: permission denied' : errnoText(errno);
}
