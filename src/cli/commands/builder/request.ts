import type { BuildSessionRequest, HostConfig } from '../../../api/index.ts';
import type { Context } from '../../command.ts';
import { allLogins, registryHost } from '../../config/credentials.ts';
import type { Values } from '../../flags/index.ts';
import { readCaches, readOutputs } from './attributes.ts';
import type { BuildSource } from './contexts.ts';
import type { buildFlags } from './flags.ts';

type Flags = Values<typeof buildFlags>;

/** The build that a command line asks for. */
export async function requestOf(
  { config, env }: Context,
  { flags, source, secrets }: { flags: Flags; given: Set<string>; source: BuildSource; secrets: string[] },
): Promise<BuildSessionRequest> {
  const { dockerfile, key, ignored, contexts } = source;
  const platform = flags.platform || env.DOCKER_DEFAULT_PLATFORM || '';
  return {
    dockerfile: { name: dockerfile.name, data: Buffer.from(dockerfile.bytes).toString('base64') },
    ...(key !== undefined && { context: { key, ...(ignored && { ignored }) } }),
    contexts,
    names: flags.tag,
    ...(flags.target !== '' && { target: flags.target }),
    buildArgs: { ...epochOf(env), ...buildArgs(flags['build-arg'], env) },
    labels: Object.fromEntries(flags.label.map(pairOf)),
    ...(platform !== '' && { platform }),
    noCache: flags['no-cache'] || (flags['no-cache-filter'].length > 0 ? flags['no-cache-filter'] : false),
    pull: flags.pull,
    network: flags.network,
    extraHosts: flags['add-host'],
    limits: limitsOf(flags),
    allow: flags.allow.flatMap((one) => one.split(',')),
    secrets,
    ssh: flags.ssh,
    cacheFrom: readCaches(flags['cache-from']),
    cacheTo: readCaches(flags['cache-to']),
    outputs: readOutputs(flags.output, flags),
    squash: flags.squash,
    explain: flags.explain,
    check: flags.check,
    logins: await loginsOf(config),
  };
}

const epochOf = (env: Record<string, string | undefined>): Record<string, string> =>
  env.SOURCE_DATE_EPOCH ? { SOURCE_DATE_EPOCH: env.SOURCE_DATE_EPOCH } : {};

function pairOf(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** A name alone takes the value of the environment, and is left out where that has none. */
function buildArgs(texts: string[], env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    texts.flatMap((text) => {
      const at = text.indexOf('=');
      if (at >= 0) return [[text.slice(0, at), text.slice(at + 1)]];
      const value = env[text];
      return value === undefined ? [] : [[text, value]];
    }),
  );
}

function limitsOf(flags: Flags): HostConfig {
  const all: Record<string, unknown> = {
    Memory: flags.memory,
    MemorySwap: flags['memory-swap'],
    CpuShares: flags['cpu-shares'],
    CpuPeriod: flags['cpu-period'],
    CpuQuota: flags['cpu-quota'],
    CpusetCpus: flags['cpuset-cpus'],
    CpusetMems: flags['cpuset-mems'],
    CgroupParent: flags['cgroup-parent'],
    ShmSize: flags['shm-size'],
    Ulimits: flags.ulimit.size > 0 ? [...flags.ulimit.values()] : undefined,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined && value !== '' && value !== 0),
  );
}

async function loginsOf(config: Context['config']): Promise<BuildSessionRequest['logins']> {
  const logins = Object.entries(await allLogins(config));
  return Object.fromEntries(
    logins.map(([address, { username = '', password = '', identitytoken = '' }]) => {
      const host = registryHost(address);
      const name = host === 'index.docker.io' ? 'docker.io' : host;
      return [name, { username, password, serverAddress: address, identityToken: identitytoken }];
    }),
  );
}
