import type { HostConfig } from '../../api/index.ts';
import { crashpoint, newId, newToken } from '../../kit/index.ts';
import type { NetworkAttachment } from '../../network/index.ts';
import type { Attachment, Launch, Opened, Process } from '../../runtime/index.ts';
import type { Context } from '../context.ts';
import type { RunOptions } from '../contract.ts';
import type { RunStep } from '../language/index.ts';

/** What a step's process has before there are files for it. */
export interface Prepared {
  id: string;
  token: string;
  stdio: Launch['stdio'];
  attachment: NetworkAttachment;
  network: Pick<Launch, 'network'>;
  /** Its cgroups, namespaces and network are being made. */
  opened: Opened | undefined;
  /** What it will say, asked for already. */
  output: Output | undefined;
}

/** What a process says, from its beginning. */
export interface Output {
  /** The question lies there: nothing is missed from then on. */
  asked: Promise<void>;
  attached: Promise<Attachment>;
}

/** Asks for what a process says. */
export function outputOf({ attach }: Pick<Process, 'attach'>): Output {
  const asked = Promise.withResolvers<void>();
  const attached = attach({ stdin: false, stdout: true, stderr: true }, asked.resolve);
  // A start that fails, or is given up, says why itself.
  attached.catch(() => undefined);
  return { asked: Promise.race([asked.promise, attached.then(() => undefined)]), attached };
}

interface Wanted {
  step: RunStep;
  options: RunOptions;
}

/** Gives a step its place in the network and, if it is `early`, a monitor that makes its namespaces while another step still runs. */
export async function prepareRun(context: Context, of: Wanted, { early = false } = {}): Promise<Prepared> {
  const id = newId();
  const attachment = await context.networks.attach(attachRequest(id, of));
  const { furniture } = attachment;
  const base: Omit<Prepared, 'opened' | 'output'> = {
    id,
    token: newToken(),
    stdio: { tty: false, openStdin: false, stdinOnce: false },
    attachment,
    network: furniture ? { network: furniture } : {},
  };
  try {
    const opened = early && mayBegin(of) ? await open(context, base, of) : undefined;
    return { ...base, opened, output: opened && outputOf(opened) };
  } catch (error) {
    await context.networks.release(id);
    throw error;
  }
}

/** It is not needed any more; nothing of it is left. */
export async function unprepare(context: Context, { id, opened }: Prepared): Promise<void> {
  await opened?.close();
  await context.networks.release(id);
}

/** A mount namespace is a copy of the host's: what is attached there for the step must be so before. */
const mayBegin = ({ step }: Wanted): boolean => !step.mounts.some(({ type }) => type === 'bind');

async function open(
  context: Context,
  { id, token, stdio, attachment, network }: Omit<Prepared, 'opened' | 'output'>,
  of: Wanted,
): Promise<Opened | undefined> {
  const outline = context.specs.outline({ id, args: [...of.step.args], hostConfig: hostConfigOf(of) });
  const { reserved } = attachment;
  const opened = await context.runtime.open({ id, token, stdio, reserved, ...network, outline, early: true });
  crashpoint('build.opened');
  return opened;
}

/** The limits and surroundings of a step's process. */
export function hostConfigOf({ step, options }: Wanted): HostConfig {
  return {
    ...options.limits,
    NetworkMode: networkOf({ step, options }),
    ...(step.security === 'insecure' && { Privileged: true }),
  };
}

function networkOf({ step, options }: Wanted): string {
  return step.network === 'default' ? options.network : step.network;
}

function attachRequest(id: string, of: Wanted): Parameters<Context['networks']['attach']>[0] {
  const network = networkOf(of);
  return {
    containerId: id,
    name: '',
    mode: network === 'default' ? 'bridge' : network,
    hostname: 'buildkitsandbox',
    domainname: '',
    portBindings: {},
    exposedPorts: [],
    publishAll: false,
    extraHosts: of.options.extraHosts,
    dns: { servers: [], search: [], options: [] },
  };
}
