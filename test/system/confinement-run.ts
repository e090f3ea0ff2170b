import { randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerConfig, HostConfig } from '../../src/api/index.ts';
import { adaptHostConfig, buildSpec, readHostFacts, resolveMountPoints } from '../../src/container/spec/index.ts';
import { cloneMount, detectCgroups, listCgroups, removeCgroup } from '../../src/host/index.ts';
import { silent } from '../../src/kit/index.ts';
import type { RuntimeSpec } from '../../src/oci/index.ts';
import { createRuntime } from '../../src/runtime/index.ts';
import { must } from '../support/command.ts';
import { busyboxRoot } from '../support/image.ts';
import { type Chance, normalise } from './confinement-normalise.ts';
import { probe } from './confinement-probe.ts';

/** What one container is made of, in Docker's terms; `change` has the last word on the specification. */
export interface Options {
  config?: ContainerConfig;
  host?: HostConfig;
  change?: (spec: RuntimeSpec) => void;
  /** Fds beside the three that runc hands on (a planted leak). */
  leak?: boolean;
}

export type Side = 'tug' | 'runc';

/** A place for runs on both sides; every capture stays in `directory` until `dispose`. */
export async function createBench() {
  const directory = mkdtempSync(join(tmpdir(), 'tug-confinement-'));
  const template = await busyboxRoot();
  const facts = readHostFacts();
  const cgroups = detectCgroups();
  const parent = `/tug-confinement-${randomBytes(4).toString('hex')}`;
  const runtime = createRuntime({
    execRoot: join(directory, 'exec'),
    shim: { path: join(import.meta.dirname, '../../dist/tug-shim') },
    log: silent,
    cgroups,
  });
  for (const path of ['data', 'data/below', 'secret']) mkdirSync(join(directory, 'shared', path), { recursive: true });
  writeFileSync(join(directory, 'shared/hosts'), '127.0.0.1 localhost\n');
  let serial = 0;

  function specOf(options: Options, id: string, root: string): RuntimeSpec {
    const hostConfig = adaptHostConfig({ NetworkMode: 'none', ...options.host }, facts);
    const config: ContainerConfig = { Hostname: 'probe', Cmd: ['sh', '-c', probe], ...options.config };
    const mounts = resolveMountPoints(config, hostConfig);
    const file = join(directory, 'shared/hosts');
    const spec = buildSpec({
      id,
      config,
      hostConfig,
      mounts,
      files: { hosts: file, hostname: file, resolvConf: file },
      joined: {},
      shmPath: '/dev/shm',
      readInRoot: (path) => readFileSync(join(root, path)),
      facts,
      rootPath: root,
      cgroupParent: parent,
    });
    options.change?.(spec);
    return spec;
  }

  /** Runs the probe in a new container; the capture as it came, which is also kept in the directory under `name`. */
  async function capture(name: string, side: Side, options: Options): Promise<{ raw: string; text: string }> {
    const id = `${side}${String(++serial).padStart(4, '0')}${randomBytes(8).toString('hex')}`;
    const home = join(directory, `${name.replace(/\W+/g, '-')}.${side}`);
    const root = join(home, 'rootfs');
    mkdirSync(home, { recursive: true });
    cpSync(template, root, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    await must(['chmod', '1777', join(root, 'tmp')]);
    const spec = specOf(options, id, root);
    try {
      const raw = side === 'tug' ? await runNative(spec, id, root) : await runRunc(spec, id, home, options);
      writeFileSync(join(home, 'capture'), raw);
      const text = normalise(raw, { ...chance, prefixes: [home, ...chance.prefixes], ids: [id] });
      return { raw, text };
    } finally {
      rmSync(root, { recursive: true });
    }
  }

  async function runNative(spec: RuntimeSpec, id: string, root: string): Promise<string> {
    const pending = await runtime.launch({
      id,
      token: randomBytes(16).toString('hex'),
      spec,
      rootFd: cloneMount(root, { recursive: false }),
      stdio: { tty: spec.process.terminal ?? false, openStdin: false, stdinOnce: false },
      reserved: [],
    });
    const { socket } = await pending.process.attach({ stdin: false, stdout: true, stderr: true });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.resume();
    const ended = new Promise((resolve) => socket.once('end', resolve));
    await pending.go();
    await pending.process.exited;
    await ended;
    socket.destroy();
    await pending.process.release();
    const bytes = Buffer.concat(chunks);
    return spec.process.terminal ? bytes.toString() : standardOutput(bytes);
  }

  async function runRunc(spec: RuntimeSpec, id: string, home: string, options: Options): Promise<string> {
    writeFileSync(join(home, 'config.json'), JSON.stringify(spec));
    const runc = `runc --root ${join(directory, 'runc')}`;
    const leak = options.leak ? '--preserve-fds 1 3</etc/hostname' : '';
    // Detached, runc hands its own streams on, real pipes here; a terminal it makes only in the foreground of another.
    const command = spec.process.terminal
      ? `mkfifo ${home}/stdin; script -qec '${runc} run --bundle ${home} ${id}' /dev/null <>${home}/stdin`
      : `${runc} run --detach --bundle ${home} ${id} ${leak} </dev/null 2> >(cat >&2) | cat`;
    try {
      return `${await must(['bash', '-o', 'pipefail', '-c', command])}\n`;
    } finally {
      await must(['bash', '-c', `${runc} delete --force ${id}`]);
    }
  }

  const chance: Chance = {
    prefixes: [join(directory, 'shared'), directory, parent],
    ids: [],
    hostNamespaces: readdirSync('/proc/self/ns').map((name) => readlinkSync(`/proc/self/ns/${name}`)),
  };

  return {
    directory,
    capture,
    /** Ends everything and returns what the containers left; the raw captures stay in the directory when they are to be looked at. */
    async dispose({ keepCaptures }: { keepCaptures: boolean }): Promise<string[]> {
      const left = [...leftovers(directory, parent), ...listCgroups(cgroups, parent)];
      await runtime.close();
      removeCgroup(cgroups, parent);
      rmSync(template, { recursive: true });
      if (!keepCaptures) rmSync(directory, { recursive: true });
      return left;
    },
  };
}

/** What was written to the standard output, out of Docker's frames. */
function standardOutput(bytes: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4);
    if (bytes[at] === 1) parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString();
}

/** Mounts, processes and files that should have gone with the containers. */
function leftovers(directory: string, parent: string): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const running = join(directory, 'exec/containers');
  return [
    ...mounts.filter((line) => line.includes(directory) || line.includes(parent)),
    ...(existsSync(running) ? readdirSync(running) : []),
  ];
}
