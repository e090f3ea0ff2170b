import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { detectCgroups, removeCgroup } from '../../src/host/index.ts';
import { newId, newToken, silent } from '../../src/kit/index.ts';
import type { RuntimeSpec, SpecProcess } from '../../src/oci/index.ts';
import { createRuntime, drain, type Launch, type Pending, type Runtime, type Stdio } from '../../src/runtime/index.ts';
import { type Busybox, makeBusybox, plainSpec } from './busybox.ts';
import { slowness } from './command.ts';

/** The shim, built if it is missing or older than its sources. */
export function builtShim(): string {
  const repository = resolve(import.meta.dir, '../..');
  const made = Bun.spawnSync(['make', '-s', 'dist/tug-shim'], { cwd: repository });
  if (!made.success) throw new Error(`the shim could not be built: ${String(made.stderr)}`);
  return join(repository, 'dist/tug-shim');
}

/** The runtime that the tests run with: `TUG_RUNTIME=runc` for another than the native one. */
export const chosenRuntime: string | undefined = process.env.TUG_RUNTIME || undefined;
const chosen = chosenRuntime ? { runtime: chosenRuntime } : {};

export const quiet: Stdio = { tty: false, openStdin: false, stdinOnce: false };

/** What came out of an attachment so far, and whether it has ended. */
export interface Output {
  bytes: Buffer;
  ended: Promise<void>;
}

export function collect(socket: Socket): Output {
  const output: Output = { bytes: Buffer.alloc(0), ended: Promise.resolve() };
  output.ended = drain(socket, (chunk) => {
    output.bytes = Buffer.concat([output.bytes, chunk]);
  });
  return output;
}

/** The payloads of Docker's frames, by stream (1 stdout, 2 stderr). */
export function unframe(bytes: Buffer, stream: number): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    if (bytes[at] === stream) parts.push(bytes.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(parts).toString();
}

/** A runtime in a directory of its own, with a busybox root. */
export interface Bench {
  runtime: Runtime;
  directory: string;
  execRoot: string;
  cgroup: string;
  box: Busybox;
  log: string;
  spec(id: string, args: string[], change?: (spec: RuntimeSpec) => void): RuntimeSpec;
  launch(
    args: string[],
    options?: Partial<Launch> & { change?: (spec: RuntimeSpec) => void },
  ): Promise<Pending & { spec: RuntimeSpec }>;
  /** Runs to the end; the output is that of an attachment from before the start. */
  run(
    args: string[],
    options?: Partial<Launch> & { change?: (spec: RuntimeSpec) => void },
  ): Promise<{ code: number; oom: boolean; out: string; err: string }>;
  exec(container: { process: { id: string }; spec: RuntimeSpec }, args: string[], stdio?: Stdio): Promise<Pending>;
  /** What is left in the exec root and in the cgroups. */
  remains(): string[];
  remove(): Promise<void>;
}

/** `shim` is another program than the built one, `log` hears the engine, `runtimes` are configured. */
export function makeBench(execRootName = 'exec', options: Partial<Parameters<typeof createRuntime>[0]> = {}): Bench {
  const directory = mkdtempSync(join(tmpdir(), 'tug-runtime-'));
  const execRoot = join(directory, execRootName);
  const box = makeBusybox();
  const runtime = createRuntime({ shim: { path: builtShim() }, log: silent, ...options, execRoot });
  const cgroup = `/tug-runtime-${newToken().slice(0, 8)}`;
  const log = join(directory, 'log');
  const spec: Bench['spec'] = (id, args, change) => {
    const made = plainSpec(`${cgroup}/${id}`, args);
    change?.(made);
    return made;
  };
  const launch: Bench['launch'] = async (args, { change, ...options } = {}) => {
    const id = options.id ?? newId();
    const made = spec(id, args, change);
    const file = { path: log, maxBytes: 1 << 20, maxFiles: 3 };
    const input = {
      id,
      token: newToken(),
      spec: made,
      rootFd: box.root(),
      stdio: quiet,
      log: file,
      reserved: [],
      ...chosen,
      ...options,
    };
    return { ...(await runtime.launch(input)), spec: made };
  };
  return {
    runtime,
    directory,
    execRoot,
    cgroup,
    box,
    log,
    spec,
    launch,
    run: async (args, options) => {
      const pending = await launch(args, options);
      const { promise: asked, resolve } = Promise.withResolvers<void>();
      const attaching = pending.process.attach({ stdin: false, stdout: true, stderr: true }, resolve);
      // What keeps a process from starting is told by go.
      await Promise.race([asked, attaching.catch(() => undefined)]);
      await pending.go();
      const output = collect((await attaching).socket);
      const { code, oom } = await pending.process.exited;
      await output.ended;
      await pending.process.release();
      return { code, oom, out: unframe(output.bytes, 1), err: unframe(output.bytes, 2) };
    },
    exec: (container, args, stdio = quiet) => {
      const process: SpecProcess = { ...container.spec.process, args };
      const containerId = container.process.id;
      return runtime.exec({
        id: newId(),
        token: newToken(),
        containerId,
        process,
        spec: container.spec,
        stdio,
        ...chosen,
      });
    },
    remains: () => [
      ...['containers', 'exec'].flatMap((kind) => entries(join(execRoot, kind))),
      ...detectCgroups().hierarchies.flatMap(({ mountPoint }) => directories(join(mountPoint, cgroup))),
    ],
    remove: async () => {
      await runtime.sweep(() => false);
      await runtime.close();
      removeCgroup(detectCgroups(), cgroup);
      rmSync(directory, { recursive: true, force: true });
      box.remove();
    },
  };
}

const entries = (path: string) => (existsSync(path) ? readdirSync(path) : []);
const directories = (path: string) =>
  existsSync(path)
    ? readdirSync(path, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => join(path, name))
    : [];

/** The pid of a process's shim: its parent. */
export function shimOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]);
}

/** Waits until `done`, at most five seconds. */
export async function until(done: () => boolean): Promise<void> {
  for (const start = Date.now(); !done(); await Bun.sleep(10)) {
    if (Date.now() - start > 5000 * slowness) throw new Error('waited for 5 s in vain');
  }
}
