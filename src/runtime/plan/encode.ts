import type { LogFile, Stdio } from '../contract.ts';
import type { Step } from './steps.ts';
import { createWriter, type Writer } from './writer.ts';

/** What the shim must know besides the steps. Every text is at most 128 letters, digits and `_.-`, but for the log's path. */
export interface PlanHeader {
  kind: 'container' | 'exec';
  id: string;
  token: string;
  /** Of /proc/sys/kernel/random/boot_id. */
  boot: string;
  stdio: Stdio;
  /** Who owns the pipes: the process's user, as the host's uid. */
  owner: number;
  log?: LogFile;
  /** How many reserved sockets are passed as fds. */
  reserved: number;
  /** The fd after them is a new network namespace: the child takes it instead of making one. */
  hasNetwork: boolean;
  /** The child's steps, from `root` on, come later, by `encodeSecondHalf`. */
  halved: boolean;
}

export const PLAN_VERSION = 6;

type Op = Step['op'];
type Encoders = { [O in Op]: (writer: Writer, step: Extract<Step, { op: O }>) => void };

/** The steps by number, in the order of `enum op` in native/shim.h (from 1), each with its body. */
const encoders: Encoders = {
  cgroupMake: (w, { path }) => w.text(path),
  write: (w, { path, value, optional }) => w.text(path).text(value).flag(optional),
  cgroupJoin: (w, { tasks }) => w.text(tasks),
  cgroupInto: (w, { path }) => w.text(path),
  oomWatch: (w, { path }) => w.text(path),
  cgroupKill: (w, { path }) => w.text(path),
  deviceProgram: (w, { cgroup, program }) => w.text(cgroup).bytes(program),
  joinNamespace: (w, { type, path }) => w.u64(type).text(path),
  joinInit: (w, { types }) => w.u64(types),
  clone: (w, { flags }) => w.u64(flags),
  idMap: (w, { uid, gid }) => w.text(uid).text(gid),
  netHost: (w, { message, netnsFdOffset }) => w.bytes(message).u32(netnsFdOffset),
  netInside: (w, { message }) => w.bytes(message),
  resolver: (w, { address, port }) => w.u32(address).u32(port),
  relay: (w, { slot, protocol, address, port }) => w.u32(slot).u32(protocol).u32(address).u32(port),
  root: (w, { at, propagation }) => w.text(at).u64(propagation),
  share: (w, { namespace, source, at }) => w.text(namespace).text(source).text(at),
  unmount: (w, { at }) => w.text(at),
  mount: (w, step) => {
    w.text(step.type).text(step.source).text(step.target).u32(step.options.length);
    for (const { key, value } of step.options) {
      w.text(key).flag(value !== null);
      if (value !== null) w.text(value);
    }
    w.u64(step.attributes).flag(step.tmpcopyup).u32(step.mode).u64(step.propagation);
  },
  bind: (w, { source, target, recursive, set, clear, recursiveAttributes, propagation }) =>
    w.text(source).text(target).flag(recursive).u64(set).u64(clear).flag(recursiveAttributes).u64(propagation),
  attributes: (w, { target, set, clear, recursive }) => w.text(target).u64(set).u64(clear).flag(recursive),
  mkdir: (w, { target, mode }) => w.text(target).u32(mode),
  symlink: (w, { text, target, replace }) => w.text(text).text(target).flag(replace),
  device: (w, { target, type, major, minor, mode, uid, gid }) =>
    w.text(target).u32(type.charCodeAt(0)).u32(major).u32(minor).u32(mode).u32(uid).u32(gid),
  console: (w, { target, uid }) => w.text(target).u32(uid),
  pivot: (w, { readonly, propagation }) => w.flag(readonly).u64(propagation),
  sysctl: (w, { path, value }) => w.text(path).text(value),
  mask: (w, { path, label }) => w.text(path).text(label),
  readonly: (w, { path }) => w.text(path),
  hostname: (w, { name }) => w.text(name),
  domainname: (w, { name }) => w.text(name),
  keyring: (w, { name, permissions, label }) => w.text(name).u32(permissions).text(label),
  create: (w, { network, program, args, env }) => w.text(network).text(program).texts(args).texts(env),
  gate: () => undefined,
  rlimit: (w, { resource, soft, hard }) => w.u32(resource).u64(soft).u64(hard),
  oomScoreAdj: (w, { value }) => w.u32(value),
  label: (w, { kind, value }) => w.text(kind).text(value),
  cwd: (w, { path, create }) => w.text(path).flag(create),
  boundingSet: (w, { bits }) => w.u64(bits),
  ids: (w, { uid, gid, groups, umask }) => {
    w.u32(uid).u32(gid).u32(groups.length);
    for (const group of groups) w.u32(group);
    w.u32(umask);
  },
  capabilities: (w, { effective, permitted, inheritable, ambient }) =>
    w.u64(effective).u64(permitted).u64(inheritable).u64(ambient),
  noNewPrivileges: () => undefined,
  seccomp: (w, { program, flags }) => w.bytes(program).u32(flags),
  exec: (w, { args, env }) => w.texts(args).texts(env),
  start: (w, { program, args, env }) => w.text(program).texts(args).texts(env),
  hook: (w, { program, args, env, head, tail, seconds }) =>
    w.text(program).texts(args).texts(env).text(head).text(tail).u32(seconds),
  relabel: (w, { target, label }) => w.text(target).text(label),
};

const numbers = new Map(Object.keys(encoders).map((op, index) => [op, index + 1]));

/**
 * The plan as the shim reads it, little endian: `TUGP`, version u16, kind and tty u8, length of all u32; the header; then each
 * step as number u16, length u32, body. A text is its length u32, its bytes and a NUL. Throws `invalid` on a NUL within a text.
 */
export function encodePlan(header: PlanHeader, steps: Step[]): Uint8Array {
  const { writer, finish } = begin('TUGP', [header.kind === 'exec', header.stdio.tty]);
  const { stdio, log, owner } = header;
  writer.text(header.id).text(header.token).text(header.boot);
  writer
    .flag(stdio.openStdin)
    .flag(stdio.stdinOnce)
    .flag(header.kind === 'container');
  writer.u16(stdio.size?.[0] ?? 0).u16(stdio.size?.[1] ?? 0);
  writer.u32(owner).u32(header.reserved).flag(header.hasNetwork).flag(header.halved);
  writer
    .text(log?.path ?? '')
    .u64(log?.maxBytes ?? 0)
    .u32(log?.maxFiles ?? 0)
    .text(log?.attrs ?? '')
    .flag(log?.raw ?? false);
  writeSteps(writer, steps);
  return finish();
}

/** The steps that were kept back from a halved plan: `TUGQ`, version, two zeros, length of all, the steps. */
export function encodeSecondHalf(steps: Step[]): Uint8Array {
  const { writer, finish } = begin('TUGQ', [false, false]);
  writeSteps(writer, steps);
  return finish();
}

function begin(word: string, flags: [boolean, boolean]): { writer: Writer; finish: () => Uint8Array } {
  const writer = createWriter();
  writer.raw(Buffer.from(word)).u16(PLAN_VERSION);
  for (const flag of flags) writer.flag(flag);
  const total = writer.hole();
  return {
    writer,
    finish: () => {
      total(writer.length());
      return writer.finish();
    },
  };
}

function writeSteps(writer: Writer, steps: Step[]): void {
  writer.u32(steps.length);
  for (const step of steps) {
    writer.u16(numbers.get(step.op) ?? 0);
    const length = writer.hole();
    const start = writer.length();
    (encoders[step.op] as (writer: Writer, step: Step) => void)(writer, step);
    length(writer.length() - start);
  }
}

/** The step's name behind a number the shim reports; undefined for 0, which stands for the shim itself. */
export function opOf(number: number): Op | undefined {
  return Object.keys(encoders)[number - 1] as Op | undefined;
}
