import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { must } from '../../test/support/command.ts';

/** What each layer above Debian's base holds: packages, unpacked as they are. */
const packages = [
  [
    'binutils-common',
    'binutils-x86-64-linux-gnu',
    'cpp-12',
    'g++-12',
    'gcc-12',
    'libgcc-12-dev',
    'libstdc++-12-dev',
    'libisl23',
    'libmpfr6',
    'libmpc3',
  ],
  ['libc6-dev', 'linux-libc-dev', 'libssl-dev'],
  ['libperl5.36', 'perl', 'perl-modules-5.36'],
  ['libpython3.11-minimal', 'libpython3.11-stdlib', 'python3.11', 'python3.11-minimal'],
  ['git', 'git-man', 'libcurl3-gnutls'],
  ['openssl', 'libsqlite3-0', 'sqlite3'],
];

/** What the image is called in its archive. */
export const realName = 'tug-bench-real:1';

export interface RealImage {
  /** As `docker save` writes it: layers as plain tars. */
  archive: string;
  /** Its largest layer, by gzip. */
  largest: string;
  /** Bytes of all layers. */
  size: number;
}

/**
 * An image of seven layers of Debian, named `realName`: its base by debootstrap, a compiler, headers, perl, python, git, tools. It is
 * made once and kept in `directory`.
 */
export async function realImage(directory: string): Promise<RealImage> {
  const home = join(directory, 'real-image');
  if (!existsSync(home)) await make(directory, home);
  const archive = join(home, 'archive.tar');
  return { archive, largest: join(home, 'largest.tar.gz'), size: statSync(archive).size };
}

async function make(directory: string, home: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const work = mkdtempSync(join(directory, 'making-'));
  try {
    console.log('bench: making an image of Debian packages, once');
    await base(work);
    for (const [index, names] of packages.entries()) await layer(work, index + 1, names);
    await archive(work);
    await must(['sh', '-c', `gzip -c "$(ls -S [0-9].tar | head -n 1)" >largest.tar.gz`], { ...slow, cwd: work });
    for (const left of ['base', 'debs']) rmSync(join(work, left), { recursive: true });
    for (let index = 0; index <= packages.length; index++) rmSync(join(work, `${index}.tar`));
    renameSync(work, home);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const slow = { timeout: 900_000 };

async function base(work: string): Promise<void> {
  const root = join(work, 'base');
  await must(['debootstrap', '--variant=minbase', 'bookworm', root], slow);
  for (const left of ['var/cache/apt', 'var/lib/apt/lists', 'var/log']) {
    rmSync(join(root, left), { recursive: true, force: true });
  }
  await pack(root, join(work, '0.tar'));
}

async function layer(work: string, index: number, names: string[]): Promise<void> {
  const debs = join(work, 'debs', String(index));
  const tree = join(debs, 'tree');
  mkdirSync(tree, { recursive: true });
  await must(['apt-get', 'download', '-qq', ...names], { ...slow, cwd: debs });
  for (const deb of await Array.fromAsync(new Bun.Glob('*.deb').scan(debs))) {
    await must(['dpkg-deb', '-x', join(debs, deb), tree], slow);
  }
  await pack(tree, join(work, `${index}.tar`));
}

async function pack(tree: string, tar: string): Promise<void> {
  await must(['tar', '-C', tree, '--numeric-owner', '--sort=name', '-cf', tar, '.'], slow);
}

async function archive(work: string): Promise<void> {
  const layers = [...Array(packages.length + 1).keys()].map((index) => `${index}.tar`);
  const diffIds = await Promise.all(layers.map((name) => digestOf(join(work, name))));
  const config = {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Cmd: ['bash'] },
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: layers.map((name) => ({ created: '2026-01-01T00:00:00Z', created_by: name })),
  };
  writeFileSync(join(work, 'config.json'), JSON.stringify(config));
  const item = { Config: 'config.json', RepoTags: [realName], Layers: layers };
  writeFileSync(join(work, 'manifest.json'), JSON.stringify([item]));
  await must(['tar', '-C', work, '-cf', join(work, 'archive.tar'), ...layers, 'config.json', 'manifest.json'], slow);
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(bytes as Uint8Array);
  return `sha256:${hash.digest('hex')}`;
}
