import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from './command.ts';

/** A root file system of busybox in a new directory; the caller removes it. */
export async function busyboxRoot(): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'tug-busybox-'));
  for (const directory of ['bin', 'dev', 'etc', 'home', 'proc', 'root', 'sbin', 'sys', 'usr/bin', 'usr/sbin', 'var']) {
    mkdirSync(join(root, directory), { recursive: true });
  }
  mkdirSync(join(root, 'tmp'));
  chmodSync(join(root, 'tmp'), 0o1777);
  chmodSync(root, 0o755);
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  chmodSync(join(root, 'bin/busybox'), 0o755);
  for (const applet of (await must(['/bin/busybox', '--list'])).split('\n')) {
    if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
  }
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\nalice:x:1000:1000::/home:/bin/sh\n',
  );
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnobody:x:65534:\nalice:x:1000:\nextra:x:2000:alice\n');
  return root;
}

/** The same as a tar, as `docker import` takes it. */
export async function busyboxTar(): Promise<string> {
  const root = await busyboxRoot();
  const tar = `${root}.tar`;
  try {
    await must(['tar', '-C', root, '--numeric-owner', '--owner=0', '--group=0', '-cf', tar, '.']);
  } finally {
    rmSync(root, { recursive: true });
  }
  return tar;
}
