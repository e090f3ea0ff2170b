import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The labels that the host's policy has for containers; a text is empty where the policy names none. */
export interface SelinuxContexts {
  process: string;
  /** Of files that containers may write. */
  file: string;
  /** Of files that they may only read and execute. */
  readOnlyFile: string;
}

/** Where the host tells of SELinux; others for tests. */
export interface SelinuxHost {
  mountInfo: string;
  own: string;
  shared: string;
  settings: string;
}

const host: SelinuxHost = {
  mountInfo: '/proc/self/mountinfo',
  own: '/proc/self/attr/current',
  shared: '/usr/share/containers/selinux/contexts',
  settings: '/etc/selinux',
};

/** What the host's policy says of containers, undefined where SELinux is off. Do it once, at the engine's start. */
export function readSelinuxContexts(at: SelinuxHost = host): SelinuxContexts | undefined {
  if (!isOn(at)) return undefined;
  const { process = '', file = '', ro_file: readOnlyFile = file } = contextsOf(at);
  return { process, file, readOnlyFile };
}

/** The kernel has it, and a policy was loaded: until then every process is the kernel's. */
function isOn({ mountInfo, own }: SelinuxHost): boolean {
  const rows = readFileSync(mountInfo, 'utf8').split('\n');
  const writable = rows.some((row) => / rw[^ ]* .*- selinuxfs /.test(row));
  return writable && readFileSync(own, 'latin1').replace(/[\0\n]+$/, '') !== 'kernel';
}

function contextsOf({ shared, settings }: SelinuxHost): Record<string, string> {
  if (existsSync(shared)) return parse(readFileSync(shared, 'utf8'));
  const { SELINUXTYPE: type = '' } = parse(textOf(join(settings, 'config')));
  return parse(textOf(join(settings, type, 'contexts/lxc_contexts')));
}

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** Lines of `key = "value"`; comments begin with `#` or `;`. */
function parse(text: string): Record<string, string> {
  const pairs = text.split('\n').flatMap((line) => {
    const [, key, value] = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [[key, value.replace(/^"+|"+$/g, '')]];
  });
  return Object.fromEntries(pairs);
}
