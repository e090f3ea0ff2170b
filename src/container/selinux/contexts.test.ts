import { afterAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSelinuxContexts } from './contexts.ts';

const directory = mkdtempSync(join(tmpdir(), 'tug-selinux-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

const at = {
  mountInfo: join(directory, 'mountinfo'),
  own: join(directory, 'current'),
  shared: join(directory, 'contexts'),
  settings: directory,
};
const mounted = (options: string) =>
  `20 1 0:5 / /proc rw,nosuid shared:1 - proc proc rw\n29 1 0:22 / /sys/fs/selinux ${options} shared:9 - selinuxfs selinuxfs rw\n`;
const texts = (files: Record<string, string>) => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
};

test('the labels are those of the policy that is in force', () => {
  texts({ mountinfo: mounted('rw,relatime'), current: 'system_u:system_r:kernel_t:s0\0' });
  texts({ config: '# SELINUXTYPE=other\nSELINUX=enforcing\nSELINUXTYPE=default\n' });
  mkdirSync(join(directory, 'default/contexts'), { recursive: true });
  texts({ 'default/contexts/lxc_contexts': 'process = "p:r:t:s0"\n;file = "no"\n\nfile="f:o:t:s0"\n' });
  expect(readSelinuxContexts(at)).toEqual({ process: 'p:r:t:s0', file: 'f:o:t:s0', readOnlyFile: 'f:o:t:s0' });
  texts({ contexts: 'process = "q:r:t:s0"\nfile = "f:o:t:s0"\nro_file = "ro:o:t:s0"\n' });
  expect(readSelinuxContexts(at)).toEqual({ process: 'q:r:t:s0', file: 'f:o:t:s0', readOnlyFile: 'ro:o:t:s0' });
  rmSync(at.shared);
  rmSync(join(directory, 'default'), { recursive: true });
  expect(readSelinuxContexts(at)).toEqual({ process: '', file: '', readOnlyFile: '' });
});

test('it is off without its file system, where that is read-only as in a container, and before a policy is loaded', () => {
  for (const mountinfo of [mounted('ro,relatime'), '20 1 0:5 / /proc rw,nosuid shared:1 - proc proc rw\n']) {
    texts({ mountinfo });
    expect(readSelinuxContexts(at)).toBeUndefined();
  }
  texts({ mountinfo: mounted('rw'), current: 'kernel\0' });
  expect(readSelinuxContexts(at)).toBeUndefined();
});
