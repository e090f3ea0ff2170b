import type { Mount } from '../../../api/index.ts';
import { parseCsv } from '../../../kit/index.ts';
import { path } from '../../lazy.ts';

/** The volumes of a create request: binds as they go to the engine, and targets of anonymous volumes. */
export interface Volumes {
  binds: string[];
  anonymous: Record<string, object>;
}

/** Sorts `-v` values; a source that begins with a dot is taken from the working directory. */
export function parseVolumes(specs: string[]): Volumes {
  const volumes: Volumes = { binds: [], anonymous: {} };
  for (const spec of specs) {
    const colon = spec.indexOf(':');
    // As short as a drive's name it is a target, whatever it is made of.
    if (colon < 0 || spec.length <= 2) volumes.anonymous[spec] = {};
    else {
      const source = spec.slice(0, colon);
      if (spec.split(':').some((part) => part === '')) {
        throw new Error(`invalid spec: ${spec}: empty section between colons`);
      }
      volumes.binds.push(/^\.{1,2}(\/|$)/.test(source) ? path().resolve(source) + spec.slice(colon) : spec);
    }
  }
  return volumes;
}

/** `--tmpfs /run:size=1m` as the engine takes it. */
export function parseTmpfs(specs: string[]): Record<string, string> {
  const tmpfs: Record<string, string> = {};
  for (const spec of specs) {
    const colon = spec.indexOf(':');
    tmpfs[colon < 0 ? spec : spec.slice(0, colon)] = colon < 0 ? '' : spec.slice(colon + 1);
  }
  return tmpfs;
}

type Writable = { -readonly [K in keyof Mount]: Mount[K] } & { IDMap?: string; Chown?: string };
type Setter = (mount: Writable, value: string, field: string) => Writable;

const bind = (mount: Writable, more: object): Writable => ({
  ...mount,
  BindOptions: { ...mount.BindOptions, ...more },
});
const volume = (mount: Writable, more: object): Writable => ({
  ...mount,
  VolumeOptions: { DriverConfig: {}, ...mount.VolumeOptions, ...more },
});
const tmpfs = (mount: Writable, more: object): Writable => ({
  ...mount,
  TmpfsOptions: { ...mount.TmpfsOptions, ...more },
});
const image = (mount: Writable, more: object): Writable => ({
  ...mount,
  ImageOptions: { ...mount.ImageOptions, ...more },
});
const driver = (mount: Writable, more: object): Writable =>
  volume(mount, { DriverConfig: { ...mount.VolumeOptions?.DriverConfig, ...more } });

const setters: Record<string, Setter> = {
  type: (mount, value) => ({ ...mount, Type: value.toLowerCase() as NonNullable<Mount['Type']> }),
  source: (mount, value) => ({ ...mount, Source: /^\.{1,2}(\/|$)/.test(value) ? path().resolve(value) : value }),
  target: (mount, value) => ({ ...mount, Target: value }),
  readonly: (mount, value, field) => ({ ...mount, ReadOnly: truth(value, field) }),
  consistency: (mount, value) => ({ ...mount, Consistency: value.toLowerCase() }),
  'bind-propagation': (mount, value) => bind(mount, { Propagation: value.toLowerCase() }),
  'bind-nonrecursive': (mount, value, field) => bind(mount, { NonRecursive: truth(value, field) }),
  'bind-recursive': (mount, value) => bind(mount, bindRecursive(value)),
  'volume-nocopy': (mount, value, field) => volume(mount, { NoCopy: truth(value, field) }),
  'volume-subpath': (mount, value) => volume(mount, { Subpath: value }),
  'volume-label': (mount, value) => {
    const [name, text] = halves(value);
    return volume(mount, { Labels: { ...mount.VolumeOptions?.Labels, [name]: text } });
  },
  'volume-driver': (mount, value) => driver(mount, { Name: value }),
  'volume-opt': (mount, value) => {
    const [name, text] = halves(value);
    return driver(mount, { Options: { ...mount.VolumeOptions?.DriverConfig?.Options, [name]: text } });
  },
  'bind-create-src': (mount, value, field) => bind(mount, { CreateMountpoint: truth(value, field) }),
  // The engine's own: a word alone means the container's user.
  idmap: (mount, value) => ({ ...mount, IDMap: value === 'true' ? 'auto' : value }),
  chown: (mount, value) => ({ ...mount, Chown: value === 'true' ? 'auto' : value }),
  'image-subpath': (mount, value) => image(mount, { Subpath: value }),
  'tmpfs-size': (mount, value, field) => tmpfs(mount, { SizeBytes: size(value, field) }),
  'tmpfs-mode': (mount, value, field) => {
    if (!/^[0-7]+$/.test(value)) throw new Error(`invalid value for tmpfs-mode: ${field.split('=')[1]}`);
    return tmpfs(mount, { Mode: Number.parseInt(value, 8) });
  },
};

const synonyms: Record<string, string> = { src: 'source', dst: 'target', destination: 'target', ro: 'readonly' };
const switches = new Set(['readonly', 'bind-nonrecursive', 'bind-create-src', 'volume-nocopy', 'idmap', 'chown']);

/** Reads one `--mount` value. */
export function parseMount(spec: string): Mount {
  let mount: Writable = { Type: 'volume' };
  for (const field of parseCsv(spec)) {
    const equals = field.indexOf('=');
    const word = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    const name = synonyms[word] ?? word;
    const set = Object.hasOwn(setters, name) ? setters[name] : undefined;
    if (equals < 0 && !switches.has(name)) throw new Error(`invalid field '${field}' must be a key=value pair`);
    if (!set) throw new Error(`unexpected key '${word}' in '${field}'`);
    mount = set(mount, equals < 0 ? 'true' : field.slice(equals + 1), field);
  }
  check(mount);
  return mount;
}

function check(mount: Writable): void {
  if (!mount.Type) throw new Error('type is required');
  if (!mount.Target) throw new Error('target is required');
  const wrong = (options: string) => new Error(`cannot mix '${options}' options with mount type '${mount.Type}'`);
  if (mount.ImageOptions && mount.Type !== 'image') throw wrong('image-*');
  if (mount.BindOptions && mount.Type !== 'bind') throw wrong('bind-*');
  if (mount.VolumeOptions && mount.Type !== 'volume') throw wrong('volume-*');
  if (mount.TmpfsOptions && mount.Type !== 'tmpfs') throw wrong('tmpfs-*');
  checkRecursion(mount);
}

function checkRecursion({ BindOptions: options, ReadOnly }: Writable): void {
  if (options?.ReadOnlyNonRecursive && !ReadOnly) throw missing('writable', 'readonly');
  if (!options?.ReadOnlyForceRecursive) return;
  if (!ReadOnly) throw missing('readonly', 'readonly');
  if (options.Propagation !== 'rprivate') throw missing('readonly', 'bind-propagation=rprivate');
}

function missing(value: string, what: string): Error {
  return new Error(`option 'bind-recursive=${value}' requires '${what}' to be specified in conjunction`);
}

function bindRecursive(value: string): object {
  if (value === 'enabled') return {};
  if (value === 'disabled') return { NonRecursive: true };
  if (value === 'writable') return { ReadOnlyNonRecursive: true };
  if (value === 'readonly') return { ReadOnlyForceRecursive: true };
  const known = '"enabled", "disabled", "writable", or "readonly"';
  throw new Error(`invalid value for bind-recursive: ${value} (must be ${known})`);
}

function truth(value: string, field: string): boolean {
  if (/^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw new Error(`invalid value for ${field.split('=')[0]}: ${value}`);
}

function size(value: string, field: string): number {
  const match = /^(\d+(?:\.\d+)?)([bkmgt]?)b?$/i.exec(value);
  if (!match) throw new Error(`invalid value for tmpfs-size: ${field.split('=')[1]}`);
  return Math.trunc(Number(match[1]) * 1024 ** 'bkmgt'.indexOf(match[2]?.toLowerCase() || 'b'));
}

function halves(text: string): [string, string] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
}
