import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  adaptHostConfig,
  buildSpec,
  type HostFacts,
  mergeConfig,
  readHostFacts,
  resolveMountPoints,
  validate,
} from '../../src/container/spec/index.ts';
import { detectCgroups, removeCgroup } from '../../src/host/index.ts';
import type { RuntimeSpec } from '../../src/oci/index.ts';
import { must } from '../support/command.ts';
import { busyboxRoot } from '../support/image.ts';
import { startPeer } from '../support/peer.ts';
import { type OptionSet, optionSets } from './option-sets.ts';
import { type Bundle, fields, normalise } from './spec-normalise.ts';

const socket = (await startPeer()) ?? '';
const image = 'tug-spec-compared';

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const raw = body instanceof Blob;
  const response = await fetch(`http://docker/v1.51${path}`, {
    method,
    unix: socket,
    headers: { 'content-type': raw ? 'application/x-tar' : 'application/json' },
    ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text.startsWith('{') && !raw ? JSON.parse(text) : text) as T;
}

/** What Docker hands to runc, and the container's `inspect`. */
async function docker({ config, host = {} }: OptionSet): Promise<{ bundle: Bundle; inspect: Inspect }> {
  const { Id } = await ask<{ Id: string }>('POST', '/containers/create', { Image: image, ...config, HostConfig: host });
  try {
    await ask('POST', `/containers/${Id}/start`);
    const { DockerRootDir } = await ask<{ DockerRootDir: string }>('GET', '/info');
    const tasks = join(dirname(DockerRootDir), 'exec/containerd/daemon/io.containerd.runtime.v2.task/moby');
    const bundle = JSON.parse(readFileSync(join(tasks, Id, 'config.json'), 'utf8')) as Bundle;
    return { bundle, inspect: await ask<Inspect>('GET', `/containers/${Id}/json`) };
  } finally {
    await ask('DELETE', `/containers/${Id}?force=1&v=1`);
  }
}

interface Inspect {
  Id: string;
  Config: Record<string, unknown>;
  HostConfig: Record<string, unknown>;
}

function ours(id: string, { config: user, host: given }: OptionSet, facts: HostFacts, root: string) {
  const config = mergeConfig({ Image: image, ...user }, { Cmd: ['sleep', '300'] });
  const hostConfig = adaptHostConfig(given, facts);
  validate(config, hostConfig, facts);
  const ofHost = hostConfig.NetworkMode === 'host';
  config.Hostname ||= ofHost ? facts.hostname : id.slice(0, 12);
  const spec: RuntimeSpec = buildSpec({
    id,
    config,
    hostConfig,
    mounts: resolveMountPoints(config, hostConfig, '/data-root').map((point) =>
      point.type === 'volume' ? { ...point, source: '/volumes/x/_data' } : point,
    ),
    files: {
      hosts: '/containers/x/hosts',
      hostname: '/containers/x/hostname',
      resolvConf: '/containers/x/resolv.conf',
    },
    joined: {},
    readInRoot: (path) => readFileSync(join(root, path)),
    facts,
    rootPath: '/',
    cgroupParent: '/docker',
    ...(config.Tty && given?.ConsoleSize ? { size: given.ConsoleSize as [number, number] } : {}),
  });
  return { spec, config, hostConfig };
}

describe.skipIf(socket === '')('the specification is what Docker writes for the same options', () => {
  let root: string;
  let facts: HostFacts;

  beforeAll(async () => {
    root = await busyboxRoot();
    await must(['tar', '-C', root, '-cf', `${root}.tar`, '.']);
    const path = `/images/create?fromSrc=-&repo=${image}&changes=${encodeURIComponent('CMD ["sleep","300"]')}`;
    await ask('POST', path, new Blob([readFileSync(`${root}.tar`)]));
    facts = readHostFacts();
  });
  afterAll(async () => {
    await ask('DELETE', `/images/${image}?force=1`);
    await ask('DELETE', '/volumes/spec-compared?force=1');
    // Parents that Docker made for containers stay, as a user's do.
    for (const parent of ['/spec-compared', '/spec-compared.slice']) removeCgroup(detectCgroups(), parent);
    rmSync(root, { recursive: true });
    rmSync(`${root}.tar`);
  });

  const sets = Object.entries(optionSets).filter(([, { only }]) => only !== 'inside');
  test.each(sets)('%s', async (_, options) => {
    const { bundle, inspect } = await docker(options);
    const { spec, config, hostConfig } = ours(inspect.Id, options, facts, root);
    const shared = hostConfig.IpcMode === 'shareable';
    expect(fields(normalise(spec, { shared }))).toEqual(fields(normalise(bundle, { shared })));
    // The runtime's name is our own.
    expect({ ...hostConfig, Runtime: 'runc' } as unknown).toEqual(inspect.HostConfig);
    expect(config as unknown).toEqual(inspect.Config);
  });
});
