import { posix } from 'node:path';
import { cleanPath } from '../../../../kit/index.ts';
import type { Mount, RunInstruction, SecretMount, Source, SshMount } from '../../contract.ts';
import { DockerfileError } from '../../error.ts';
import { absolutePath } from '../../text/paths.ts';
import { quote } from '../../text/quote.ts';
import type { Scope } from '../scope.ts';
import { evaluatedOf } from '../stages/evaluated.ts';
import { type MountOptions, parseMount } from './mount-options.ts';

/** The mounts of a RUN, each with where its files come from. */
export function evaluateMounts(instruction: RunInstruction, scope: Scope): Mount[] {
  const parsed = instruction.mounts.map((mount) => parseMount(mount, scope.put));
  return parsed.map((options, index) => {
    const from = sourceOf(options, index, scope);
    if (options.type === 'secret') return secret(options, instruction, scope);
    if (options.type === 'ssh') return ssh(options, instruction, scope);
    return files(options, from, scope);
  });
}

function sourceOf({ type, from, target }: MountOptions, index: number, { bound, evaluator }: Scope): Source {
  if (from === '') return type === 'bind' ? { kind: 'context' } : { kind: 'scratch' };
  const source = bound.sources[index];
  if (!source?.isDone) {
    throw new DockerfileError(
      `cannot mount from stage ${quote(from)} to ${quote(target)}, stage needs to be defined before current command`,
    );
  }
  return { kind: 'stage', stage: evaluatedOf(evaluator, source) };
}

function files(options: MountOptions, from: Source, { state }: Scope): Mount {
  const { type, mode = 0o755, uid = 0, gid = 0, readonly } = options;
  const cwd = state.image.config.WorkingDir || '/';
  const target = cleanPath(options.target.startsWith('/') ? options.target : absolutePath(cwd, options.target));
  if (target === '/') throw new DockerfileError(`invalid mount target ${quote(target)}`);
  const source = cleanPath(posix.join('/', options.source));
  if (type === 'tmpfs') return { type, target, size: options.size, readonly: readonly ?? false };
  if (type !== 'cache') return { type: 'bind', from, source, target, readonly: readonly ?? true };
  return {
    type,
    id: options.id || cleanPath(options.target || '.'),
    target,
    sharing: options.sharing ?? 'shared',
    readonly: readonly ?? false,
    from,
    source,
    mode,
    uid,
    gid,
  };
}

function secret(options: MountOptions, { ranges }: RunInstruction, { state }: Scope): SecretMount {
  const { required, mode = 0o400, uid = 0, gid = 0, env } = options;
  const id = options.source || options.id || posix.basename(options.target);
  const target = options.target || (env === undefined ? `/run/secrets/${posix.basename(id)}` : '');
  if (!state.secrets.has(id)) state.secrets.set(id, { required, ranges });
  return {
    type: 'secret',
    id,
    required,
    mode,
    uid,
    gid,
    ...(target === '' ? {} : { target }),
    ...(env === undefined ? {} : { env: env || id }),
  };
}

function ssh(options: MountOptions, { ranges }: RunInstruction, { state }: Scope): SshMount {
  if (options.source !== '') throw new DockerfileError('ssh does not support source');
  const { required, mode = 0o600, uid = 0, gid = 0, target } = options;
  const id = options.id || 'default';
  if (!state.ssh.has(id)) state.ssh.set(id, { required, ranges });
  return { type: 'ssh', id, required, mode, uid, gid, ...(target === '' ? {} : { target }) };
}
