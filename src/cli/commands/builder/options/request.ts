import type { BuildSessionRequest, HostConfig } from '../../../../api/index.ts';
import type { Context } from '../../../command.ts';
import { allLogins, registryHost } from '../../../config/credentials.ts';
import type { Values } from '../../../flags/index.ts';
import type { BuildSource } from '../source/contexts.ts';
import { readCaches, readOutputs, readPlatforms } from './attributes.ts';
import type { Call } from './call.ts';
import type { buildFlags } from './flags.ts';

type Flags = Values<typeof buildFlags>;

/** The build that a command line asks for. */
export async function requestOf(
  { config, env }: Context,
  {
    flags,
    call,
    source,
    secrets,
    ssh,
  }: { flags: Flags; call: Call; source: BuildSource; secrets: string[]; ssh: string[] },
): Promise<BuildSessionRequest> {
  const { dockerfile, context, contexts } = source;
  const { name, bytes } = dockerfile;
  const platforms = flags.platform.length > 0 ? flags.platform : [env.DOCKER_DEFAULT_PLATFORM ?? ''];
  return {
    dockerfile: { name, ...(bytes && { data: Buffer.from(bytes).toString('base64') }) },
    ...(context && { context }),
    contexts,
    names: flags.tag,
    ...(flags.target !== '' && { target: flags.target }),
    buildArgs: { ...epochOf(env), ...buildArgs(flags['build-arg'], env) },
    labels: Object.fromEntries(flags.label.map(pairOf)),
    platforms: readPlatforms(platforms),
    noCache: flags['no-cache'] || (flags['no-cache-filter'].length > 0 ? flags['no-cache-filter'] : false),
    pull: flags.pull,
    network: flags.network,
    extraHosts: flags['add-host'],
    limits: limitsOf(flags),
    allow: flags.allow.flatMap((one) => one.split(',')),
    secrets,
    ssh,
    cacheFrom: readCaches(flags['cache-from'], {
      registry: { field: 'ref', missing: 'registry cache importer requires ref' },
      local: { field: 'src', missing: 'local cache importer requires src' },
    }),
    cacheTo: readCaches(flags['cache-to'], {
      registry: { field: 'ref', missing: 'registry cache exporter requires ref' },
      local: { field: 'dest', missing: 'local cache exporter requires dest' },
    }),
    outputs: readOutputs(flags.output, flags),
    squash: flags.squash,
    explain: flags.explain,
    call,
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
