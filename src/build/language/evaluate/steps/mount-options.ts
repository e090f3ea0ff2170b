import { truthOf } from '../../../../kit/index.ts';
import { DockerfileError } from '../../error.ts';
import { mountFields } from '../../instructions/mount-fields.ts';
import { quote } from '../../text/quote.ts';
import { withSuggestion } from '../../text/suggest.ts';

type Type = 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh';
const types: readonly string[] = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] satisfies Type[];
const sharings: readonly string[] = ['shared', 'private', 'locked'];
const keys =
  'type from source target readonly id sharing required size mode uid gid src dst destination ro rw readwrite env'.split(
    ' ',
  );

/** What a `--mount` says, with its variables put in. */
export interface MountOptions {
  type: Type;
  from: string;
  source: string;
  target: string;
  readonly?: boolean;
  size: number;
  id: string;
  sharing?: 'shared' | 'private' | 'locked';
  required: boolean;
  env?: string;
  mode?: number;
  uid?: number;
  gid?: number;
}

export function parseMount(text: string, put: (word: string) => string): MountOptions {
  const options: MountOptions = {
    type: 'bind',
    from: '',
    source: '',
    target: '',
    size: 0,
    id: '',
    required: false,
  };
  for (const { written, key, value } of mountFields(text)) {
    if (value === undefined) setBare(options, key, written);
    else set(options, key, { written, value: put(value) });
  }
  check(options);
  return options;
}

function setBare(options: MountOptions, key: string, written: string): void {
  if (key === 'readonly' || key === 'ro') options.readonly = true;
  else if (key === 'readwrite' || key === 'rw') options.readonly = false;
  else if (key !== 'required') throw new DockerfileError(`invalid field '${written}' must be a key=value pair`);
  else {
    mayBeRequired(options);
    options.required = true;
  }
}

function set(options: MountOptions, key: string, { written, value }: { written: string; value: string }): void {
  switch (key) {
    case 'type':
      options.type = oneOf(value, types, `unsupported mount type ${quote(value)}`) as Type;
      return;
    case 'sharing': {
      const sharing = oneOf(value, sharings, `unsupported sharing value ${quote(value)}`);
      options.sharing = sharing as NonNullable<MountOptions['sharing']>;
      return;
    }
    case 'from':
    case 'id':
    case 'env':
      options[key] = value;
      return;
    case 'source':
    case 'src':
      options.source = value;
      return;
    case 'target':
    case 'dst':
    case 'destination':
      options.target = value;
      return;
    default:
      setParsed(options, key, { written, value });
  }
}

function setParsed(options: MountOptions, key: string, { written, value }: { written: string; value: string }): void {
  switch (key) {
    case 'readonly':
    case 'ro':
      options.readonly = truth(key, value);
      return;
    case 'readwrite':
    case 'rw':
      options.readonly = !truth(key, value);
      return;
    case 'required':
      mayBeRequired(options);
      options.required = truth(key, value);
      return;
    case 'size':
      if (options.type !== 'tmpfs') throw unexpected(key, options);
      options.size = bytes(value);
      return;
    case 'mode':
    case 'uid':
    case 'gid':
      options[key] = number(key, value);
      return;
    default:
      throw new DockerfileError(withSuggestion(`unexpected key '${key}' in '${written}'`, key, keys));
  }
}

function check(options: MountOptions): void {
  const { type, sharing } = options;
  if (type === 'bind' || type === 'tmpfs') {
    for (const key of ['mode', 'uid', 'gid'] as const) {
      if (options[key] !== undefined) throw new DockerfileError(`${key} not allowed for ${quote(type)} type mounts`);
    }
  }
  if (type === 'secret') checkSecret(options);
  if (sharing !== undefined && type !== 'cache') {
    throw new DockerfileError(`invalid cache sharing set for ${type} mount`);
  }
}

function checkSecret({ from, sharing, source, target, id }: MountOptions): void {
  if (from !== '') throw new DockerfileError('secret mount should not have a from');
  if (sharing !== undefined) throw new DockerfileError('secret mount should not define sharing');
  if (source === '' && target === '' && id === '') {
    throw new DockerfileError('invalid secret mount. one of source, target required');
  }
  if (source !== '' && id !== '') throw new DockerfileError("both source and id can't be set");
}

function mayBeRequired(options: MountOptions): void {
  if (options.type !== 'secret' && options.type !== 'ssh') throw unexpected('required', options);
}

function unexpected(key: string, { type }: MountOptions): DockerfileError {
  return new DockerfileError(`unexpected key '${key}' for mount type '${type}'`);
}

function oneOf(value: string, known: readonly string[], refusal: string): string {
  const lower = value.toLowerCase();
  if (known.includes(lower)) return lower;
  throw new DockerfileError(withSuggestion(refusal, value, known));
}

function truth(key: string, value: string): boolean {
  const parsed = truthOf(value);
  if (parsed === undefined) throw new DockerfileError(`invalid value for ${key}: ${value}`);
  return parsed;
}

function number(key: 'mode' | 'uid' | 'gid', value: string): number {
  const parsed = (key === 'mode' ? /^[0-7]+$/ : /^\d+$/).test(value)
    ? Number.parseInt(value, key === 'mode' ? 8 : 10)
    : Number.NaN;
  if (!(parsed < 2 ** 32)) throw new DockerfileError(`invalid value ${value} for ${key}`);
  return parsed;
}

/** `64m`, `1.5GiB`, in powers of 1024. */
function bytes(value: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp])?(?:i?b)?$/i.exec(value);
  if (!match) throw new DockerfileError(`invalid value for size: ${value}`);
  const [, amount = '', unit = ''] = match;
  return Math.trunc(Number(amount) * 1024 ** (unit === '' ? 0 : 'kmgtp'.indexOf(unit.toLowerCase()) + 1));
}
