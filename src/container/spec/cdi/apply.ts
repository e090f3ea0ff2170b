import { statSync } from 'node:fs';
import type { HostConfig } from '../../../api/index.ts';
import { EngineError, explainSystemError, messageOf } from '../../../kit/index.ts';
import type { RuntimeSpec, SpecDevice } from '../../../oci/index.ts';
import type { HostFacts } from '../facts.ts';
import { deviceNumbers } from '../resources/devices.ts';
import { type DeviceNode, type Edits, readDevices } from './files.ts';
import { gpuNames } from './gpus.ts';

/** The specification with the devices that `DeviceRequests` asks for; refusals in Docker's words. */
export function withRequestedDevices(spec: RuntimeSpec, hostConfig: HostConfig, facts: HostFacts): RuntimeSpec {
  const requests = hostConfig.DeviceRequests ?? [];
  if (requests.length === 0) return spec;
  const devices = readDevices(facts.cdiDirectories);
  const wanted = requests.flatMap((request) => gpuNames(request, devices.keys()) ?? namesOf(request));
  const unknown = wanted.filter((name) => !devices.has(name));
  if (unknown.length > 0) throw failed(`unresolvable CDI devices ${unknown.join(', ')}`);
  const edits = new Set(wanted.flatMap((name) => devices.get(name) ?? []));
  return [...edits].reduce(applyEdits, spec);
}

const failed = (why: string, cause?: unknown) =>
  new EngineError('internal', `CDI device injection failed: ${why}`, cause);

type DeviceRequest = NonNullable<HostConfig['DeviceRequests']>[number];

function namesOf({ Driver, Count, DeviceIDs, Capabilities }: DeviceRequest): string[] {
  if (Driver !== 'cdi') {
    const capabilities = `[${(Capabilities ?? []).map((set) => `[${set.join(' ')}]`).join(' ')}]`;
    throw new EngineError(
      'internal',
      `could not select device driver "${Driver ?? ''}" with capabilities: ${capabilities}`,
    );
  }
  if (Count) throw new EngineError('internal', 'unexpected count in CDI device request');
  return DeviceIDs ?? [];
}

function applyEdits(spec: RuntimeSpec, edits: Edits): RuntimeSpec {
  const { process, linux } = spec;
  const nodes = (edits.deviceNodes ?? []).map((node) => ({
    device: deviceOf(node),
    access: node.permissions ?? 'rwm',
  }));
  const rules = nodes
    .filter(({ device }) => device.type !== 'p')
    .map(({ device: { type, major, minor }, access }) => {
      return { allow: true, type: type === 'b' ? ('b' as const) : ('c' as const), major, minor, access };
    });
  const paths = new Set(nodes.map(({ device }) => device.path));
  const gids = (edits.additionalGids ?? []).filter((gid) => gid > 0);
  const given = new Set((edits.env ?? []).map((entry) => entry.split('=')[0]));
  return {
    ...spec,
    process: {
      ...process,
      env: [...process.env.filter((entry) => !given.has(entry.split('=')[0])), ...(edits.env ?? [])],
      user: { ...process.user, additionalGids: [...new Set([...(process.user.additionalGids ?? []), ...gids])] },
    },
    mounts: [...spec.mounts, ...(edits.mounts ?? []).map(mountOf)],
    ...hooksOf(spec, edits),
    linux: {
      ...linux,
      devices: [...linux.devices.filter(({ path }) => !paths.has(path)), ...nodes.map(({ device }) => device)],
      resources: { ...linux.resources, devices: [...linux.resources.devices, ...rules] },
    },
  };
}

function deviceOf(node: DeviceNode): SpecDevice {
  const { path, hostPath = path, type, major, fileMode } = node;
  const told = type !== undefined && fileMode !== undefined && (type === 'p' || major !== undefined);
  const host = told
    ? { type: 'c' as const, major: 0, minor: 0, fileMode: 0o666, uid: 0, gid: 0 }
    : hostDevice(hostPath);
  const own = Object.entries(node).filter(([name, value]) => name in host && value !== undefined && value !== null);
  return { ...host, ...(Object.fromEntries(own) as Partial<SpecDevice>), path };
}

function hostDevice(path: string): Omit<SpecDevice, 'path'> {
  try {
    const { mode, rdev, uid, gid } = statSync(path);
    const kinds = { 8192: 'c', 24576: 'b', 4096: 'p' } as const;
    const type = kinds[(mode & 0xf000) as keyof typeof kinds];
    if (!type) throw failed(`failed to fill device info: "${path}" is not a device node`);
    return { type, ...deviceNumbers(rdev), fileMode: mode & 0o7777, uid, gid };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw failed(`failed to fill device info: ${path}: ${messageOf(explainSystemError(error))}`, error);
  }
}

function mountOf({ hostPath, containerPath, type = 'bind', options = [] }: NonNullable<Edits['mounts']>[number]) {
  const whole = type === 'bind' && !options.some((option) => /^r?bind$/.test(option)) ? ['bind', ...options] : options;
  return { destination: containerPath, type, source: hostPath, options: whole };
}

function hooksOf(spec: RuntimeSpec, { hooks = [] }: Edits): Pick<RuntimeSpec, 'hooks'> {
  if (hooks.length === 0) return {};
  const all = structuredClone(spec.hooks ?? {});
  for (const { hookName, ...hook } of hooks) all[hookName] = [...(all[hookName] ?? []), hook];
  return { hooks: all };
}
