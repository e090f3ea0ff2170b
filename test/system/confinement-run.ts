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
import type { ContainerConfig, ExecConfig, HostConfig } from '../../src/api/index.ts';
import {
  adaptHostConfig,
  buildSpec,
  execProcess,
  mergeConfig,
  readHostFacts,
  resolveMountPoints,
  validate,
} from '../../src/container/spec/index.ts';
import { detectCgroups, listCgroups, removeCgroup, syscall } from '../../src/host/index.ts';
import { silent } from '../../src/kit/index.ts';
import type { RuntimeSpec } from '../../src/oci/index.ts';
import { createRuntime } from '../../src/runtime/index.ts';
import { must } from '../support/command.ts';
import { busyboxRoot } from '../support/image.ts';
import { type Chance, normalise } from './confinement-normalise.ts';
import { probe } from './confinement-probe.ts';
import { type Box, createNative, createRunc, type Held } from './confinement-sides.ts';

/** What one container is made of, in Docker's terms; `change` has the last word on the specification. */
export interface Options {
  config?: ContainerConfig;
  host?: HostConfig;
  change?: (spec: RuntimeSpec) => void;
  /** An fd beside the three that runc hands on (a planted leak). */
  leak?: boolean;
}

export type SideName = 'tug' | 'runc';

/** A place for runs on both sides; every capture stays in `directory` until `dispose`. */
export async function createBench() {
  hearAllSignals();
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
  const sides = { tug: createNative(runtime), runc: createRunc(join(directory, 'runc')) };
  const chance: Chance = {
    prefixes: [join(directory, 'shared'), directory, parent],
    ids: [],
    hostNamespaces: readdirSync('/proc/self/ns').map((name) => readlinkSync(`/proc/self/ns/${name}`)),
  };
  for (const path of ['data', 'data/below', 'secret']) mkdirSync(join(directory, 'shared', path), { recursive: true });
  writeFileSync(join(directory, 'shared/hosts'), '127.0.0.1 localhost\n');
  let serial = 0;

  /** The directory of shared files in place of /tmp, below which the containers' own roots are. */
  function sourcesOf({ Binds, Mounts }: HostConfig = {}): HostConfig {
    const data = join(directory, 'shared/data');
    return {
      ...(Binds && { Binds: Binds.map((bind) => bind.replace(/^\/tmp:/, `${data}:`)) }),
      ...(Mounts && { Mounts: Mounts.map((one) => (one.Source === '/tmp' ? { ...one, Source: data } : one)) }),
    };
  }

  function requestOf(options: Options) {
    const hostConfig = adaptHostConfig({ NetworkMode: 'none', ...options.host, ...sourcesOf(options.host) }, facts);
    const config = mergeConfig({ Hostname: 'probe', Cmd: ['sh', '-c', probe], ...options.config });
    validate(config, hostConfig, facts);
    return { config, hostConfig, facts };
  }

  function specOf(options: Options, id: string, root: string): RuntimeSpec {
    const request = requestOf(options);
    const file = join(directory, 'shared/hosts');
    const spec = buildSpec({
      ...request,
      id,
      mounts: resolveMountPoints(request.config, request.hostConfig, '/data-root').map((point) =>
        point.type === 'volume' ? { ...point, source: join(directory, 'shared/data') } : point,
      ),
      files: { hosts: file, hostname: file, resolvConf: file },
      joined: {},
      shmPath: '/dev/shm',
      readInRoot: (path) => readFileSync(join(root, path)),
      rootPath: root,
      cgroupParent: parent,
    });
    options.change?.(spec);
    return spec;
  }

  async function boxOf(name: string, side: SideName, options: Options): Promise<Box> {
    const id = `${side}${String(++serial).padStart(4, '0')}${randomBytes(8).toString('hex')}`;
    const home = join(directory, `${name.replace(/\W+/g, '-')}.${side}`);
    const root = join(home, 'rootfs');
    mkdirSync(home, { recursive: true });
    cpSync(template, root, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    await must(['chmod', '1777', join(root, 'tmp')]);
    return { id, home, root, spec: specOf(options, id, root), leak: options.leak ?? false };
  }

  function keep({ home, id }: Box, raw: string): string {
    writeFileSync(join(home, 'capture'), raw);
    return normalise(raw, { ...chance, prefixes: [home, ...chance.prefixes], ids: [id] });
  }

  /** Runs the probe as a new container; its normalised capture. The raw one is kept in the directory under `name`. */
  async function capture(name: string, side: SideName, options: Options): Promise<string> {
    const box = await boxOf(name, side, options);
    try {
      return keep(box, await sides[side].run(box));
    } finally {
      rmSync(box.root, { recursive: true });
    }
  }

  /** Works on a container that only sleeps, and ends it. */
  async function holding<T>(
    name: string,
    side: SideName,
    options: Options,
    work: (held: Held, box: Box) => Promise<T>,
  ): Promise<T> {
    const config = { ...options.config, Cmd: ['sleep', '1000'] };
    const box = await boxOf(name, side, { ...options, config });
    try {
      const held = await sides[side].hold(box);
      return await work(held, box).finally(() => held.end());
    } finally {
      rmSync(box.root, { recursive: true });
    }
  }

  /** Runs the probe by exec in a container that sleeps. */
  function captureExec(name: string, side: SideName, options: Options & { exec: ExecConfig }): Promise<string> {
    return holding(name, side, options, async (held, box) => {
      const process = execProcess({
        ...requestOf(options),
        exec: { Cmd: ['sh', '-c', probe], ...options.exec },
        spec: box.spec,
        readInRoot: (path) => readFileSync(join(box.root, path)),
      });
      return keep(box, await held.exec(process));
    });
  }

  return {
    directory,
    capture,
    captureExec,
    holding,
    /** Ends everything and returns what the containers left; the raw captures stay if they are to be looked at. */
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

/** Mounts and running containers that should have gone. */
function leftovers(directory: string, parent: string): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const running = ['exec/containers', 'exec/exec', 'runc'].map((path) => join(directory, path));
  return [
    ...mounts.filter((line) => line.includes(directory) || line.includes(parent)),
    ...running.filter(existsSync).flatMap((path) => readdirSync(path)),
  ];
}

/**
 * make starts its commands with signals 32 and 33 ignored, which a program started by runc inherits and one of ours does not:
 * neither should see what the tests were started from. libc hides these two, so the kernel is asked itself.
 */
function hearAllSignals(): void {
  const byDefault = new Uint8Array(32);
  for (const signal of [32, 33]) syscall('rt_sigaction', signal, byDefault, 0, 8);
}
