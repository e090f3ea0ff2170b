import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { quietly, type Sides, tug } from '../sides.ts';
import { realName } from './real-image.ts';

/** A program that brings images in and out; names are `name:tag` and `host/name:tag`. */
export interface Tool {
  pull(name: string): Promise<void>;
  load(archive: string): Promise<void>;
  tag(name: string, other: string): Promise<void>;
  push(name: string): Promise<void>;
  save(name: string, archive: string): Promise<void>;
  remove(...names: string[]): Promise<void>;
}

/** Each with a store of its own below `directory`; those that are not installed are left out, with a word. */
export function toolsBeside(sides: Sides, directory: string): Record<string, Tool> {
  const others = { podman: podman(directory), skopeo: skopeo(directory) };
  for (const name of ['podman', 'skopeo'] as const) {
    if (Bun.which(name) !== null) continue;
    console.log(`bench: ${name} is not installed and left out`);
    delete (others as Record<string, Tool>)[name];
  }
  return {
    tug: engine([tug], sides.engine.host),
    docker: engine(['docker'], `unix://${sides.peer}`),
    ...others,
  };
}

/** A command that runs another in the network of the real Docker, where it finds its registries. */
export function besidePeer(sides: Sides): string[] {
  const pidFile = join(dirname(sides.peer), 'docker.pid');
  return existsSync(pidFile) ? ['nsenter', '-t', readFileSync(pidFile, 'utf8').trim(), '-n'] : [];
}

function engine(program: string[], host: string): Tool {
  const quiet = (...args: string[]) => quietly([...program, ...args], host);
  return {
    pull: (name) => quiet('pull', '-q', name),
    load: (archive) => quiet('load', '-q', '-i', archive),
    tag: (name, other) => quiet('tag', name, other),
    push: (name) => quiet('push', '-q', name),
    save: (name, archive) => quiet('save', '-o', archive, name),
    remove: (...names) => quiet('rmi', ...names),
  };
}

/** Where they keep what does not outlive the machine's run; podman takes no more than 50 characters. */
export const runRoot = `/run/tug-bench-${process.pid}`;

/** What they mount for their store ends with them. */
const alone = ['unshare', '-m', '--propagation', 'private'];

function podman(directory: string): Tool {
  const root = ['--root', join(directory, 'podman'), '--runroot', runRoot];
  const quiet = (...args: string[]) =>
    quietly([...alone, 'podman', ...root, '--storage-driver', 'overlay', ...args], '');
  return {
    pull: (name) => quiet('pull', '-q', '--tls-verify=false', name),
    load: (archive) => quiet('load', '-q', '-i', archive),
    tag: (name, other) => quiet('tag', name, other),
    push: (name) => quiet('push', '-q', '--tls-verify=false', name),
    async save(name, archive) {
      // It adds to an archive that is there.
      rmSync(archive, { force: true });
      await quiet('save', '-q', '-o', archive, name);
    },
    remove: (...names) => quiet('rmi', ...names),
  };
}

/** What a store of that kind calls an image without a registry. */
function localName(name: string): string {
  return name.includes('/') ? name : `docker.io/library/${name}`;
}

/** It copies between places: here to and from a store of the kind that podman has. */
function skopeo(directory: string): Tool {
  const store = `[overlay@${join(directory, 'skopeo')}+${runRoot}]`;
  const stored = (name: string) => `containers-storage:${store}${localName(name)}`;
  const plain = ['--src-tls-verify=false', '--dest-tls-verify=false'];
  const copy = (from: string, to: string) => quietly([...alone, 'skopeo', 'copy', '-q', ...plain, from, to], '');
  return {
    pull: (name) => copy(`docker://${name}`, stored(name)),
    load: (archive) => copy(`docker-archive:${archive}`, stored(realName)),
    tag: (name, other) => copy(stored(name), stored(other)),
    push: (name) => copy(stored(name), `docker://${name}`),
    async save(name, archive) {
      rmSync(archive, { force: true });
      await copy(stored(name), `docker-archive:${archive}:${localName(name)}`);
    },
    async remove(name = '') {
      // With all its names.
      await quietly([...alone, 'skopeo', 'delete', stored(name)], '');
    },
  };
}
