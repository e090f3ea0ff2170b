import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cloneMount } from '../../src/host/index.ts';
import type { RuntimeSpec, SpecProcess } from '../../src/oci/index.ts';
import type { Pending, Runtime } from '../../src/runtime/index.ts';
import { must, until } from '../support/command.ts';

/** A container that is to be: its specification, and its root and bundle on the host. */
export interface Box {
  id: string;
  home: string;
  root: string;
  spec: RuntimeSpec;
  /** An fd beside the three is handed on (only runc can be made to). */
  leak: boolean;
}

/** A container that runs until `end`. */
export interface Held {
  /** Its first process, in the host's pid namespace. */
  pid: number;
  /** Runs one more process in it to its end; what that wrote to its standard output. */
  exec(process: SpecProcess): Promise<string>;
  end(): Promise<void>;
}

/** One of the two runtimes. */
export interface Side {
  /** Runs the container to its end; what it wrote to its standard output. */
  run(box: Box): Promise<string>;
  hold(box: Box): Promise<Held>;
}

const token = () => randomBytes(16).toString('hex');
const stdioOf = ({ terminal = false }: SpecProcess) => ({ tty: terminal, openStdin: false, stdinOnce: false });

export function createNative(runtime: Runtime): Side {
  const launch = ({ id, spec, root }: Box) =>
    runtime.launch({
      id,
      token: token(),
      spec,
      rootFd: cloneMount(root, { recursive: false }),
      stdio: stdioOf(spec.process),
      reserved: [],
    });
  return {
    run: async (box) => collect(await launch(box), box.spec.process),
    hold: async (box) => {
      const { process, go } = await launch(box);
      await go();
      return {
        pid: process.pid,
        exec: async (inside) => {
          const stdio = stdioOf(inside);
          const ids = { id: `${box.id}x`, token: token(), containerId: box.id };
          return collect(await runtime.exec({ ...ids, process: inside, spec: box.spec, stdio }), inside);
        },
        end: async () => {
          await process.signal(9);
          await process.exited;
          await process.release();
        },
      };
    },
  };
}

async function collect(pending: Pending, { terminal }: SpecProcess): Promise<string> {
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
  return terminal ? bytes.toString() : standardOutput(bytes);
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

const bash = (command: string) => must(['bash', '-o', 'pipefail', '-c', command]);
const prepare = ({ home, spec }: Box) => writeFileSync(join(home, 'config.json'), JSON.stringify(spec));
const onTerminal = (command: string, stdin: string) =>
  `mkfifo ${stdin}; script -qec '${command}' /dev/null <>${stdin}; rm ${stdin}`;

/** Debian's runc with its state in `directory`. */
export function createRunc(directory: string): Side {
  const runc = `runc --root ${directory}`;
  // `--force` on what has ended sleeps a while all the same, so it comes last.
  const remove = ({ id }: Box) =>
    bash(`for n in 1 2 3; do ${runc} delete ${id} 2>/dev/null && exit; sleep 0.03; done; ${runc} delete --force ${id}`);
  // Detached, runc hands its own streams on, real pipes here; a terminal it makes only in the foreground of another.
  const streams = '<>/dev/null 2> >(cat >&2) | cat';
  return {
    run: async (box) => {
      prepare(box);
      const { id, home, spec } = box;
      const leak = box.leak ? '--preserve-fds 1 3</etc/hostname' : '';
      const command = spec.process.terminal
        ? onTerminal(`${runc} run --bundle ${home} ${id}`, `${home}/stdin`)
        : `${runc} run --detach --bundle ${home} ${id} ${leak} ${streams}`;
      return bash(command).finally(() => remove(box));
    },
    hold: async (box) => {
      prepare(box);
      const { id, home } = box;
      await bash(`${runc} run --detach --pid-file ${home}/pid --bundle ${home} ${id} </dev/null >/dev/null 2>&1`);
      const pid = Number(readFileSync(join(home, 'pid'), 'utf8'));
      return {
        pid,
        exec: async (process) => {
          writeFileSync(join(home, 'process.json'), JSON.stringify(process));
          const command = `${runc} exec --process ${home}/process.json`;
          if (process.terminal) return bash(onTerminal(`${command} ${id}`, `${home}/stdin`));
          return bash(`${command} --detach ${id} ${streams}`);
        },
        end: async () => {
          await bash(`${runc} kill ${id} KILL`);
          await until(`the end of ${pid}`, () => hasEnded(pid));
          await remove(box);
        },
      };
    },
  };
}

/** Gone, or only its parent has yet to hear of it. */
function hasEnded(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return true;
  }
}
