import type { HostConfig } from '../../../api/index.ts';
import type { BuildRequest } from '../../../build/index.ts';
import { EngineError } from '../../../kit/index.ts';
import { familiarString, parsePlatform, parseReference, withDefaultTag } from '../../../oci/index.ts';
import type { Credentials } from '../../../registry/index.ts';
import type { Request } from '../../request.ts';

type Options = Omit<BuildRequest, 'dockerfile' | 'context' | 'onStatus' | 'onPlan'>;

/** What the query and the fields of a classic build ask for. */
export function optionsOf(request: Request): Options {
  const { query, gone } = request;
  const isolation = query.text('isolation');
  if (!['', 'default'].includes(isolation)) {
    throw new EngineError('invalid', `Unsupported isolation: ${JSON.stringify(isolation)}`);
  }
  if (query.text('version') === '2') {
    throw new EngineError('unsupported', 'BuildKit is not served by this engine; use DOCKER_BUILDKIT=0');
  }
  if (query.text('securityopt') !== '' && query.text('securityopt') !== 'null') {
    throw new EngineError('invalid', 'The daemon on this platform does not support setting security options on build');
  }
  const platform = query.text('platform');
  const target = query.text('target');
  return {
    contexts: new Map(),
    names: query
      .all('t')
      .filter((name) => name !== '')
      .map(imageName),
    ...(target !== '' && { target }),
    buildArgs: buildArgsOf(jsonOf(query.text('buildargs'))),
    labels: new Map(Object.entries((jsonOf(query.text('labels')) ?? {}) as Record<string, string>)),
    platforms: platform === '' ? [] : [parsePlatform(platform.toLowerCase())],
    noCache: query.flag('nocache'),
    pull: query.flag('pull'),
    run: {
      network: query.text('networkmode') || 'default',
      extraHosts: query.all('extrahosts').filter((host) => host !== ''),
      limits: limitsOf(request),
      insecure: false,
    },
    secret: async () => undefined,
    ssh: new Map(),
    cacheFrom: [],
    cacheTo: [],
    outputs: [],
    cacheImages: (jsonOf(query.text('cachefrom')) ?? []) as string[],
    squash: query.flag('squash'),
    credentials: credentialsOf(request),
    signal: gone,
  };
}

function imageName(text: string): string {
  const name = parseReference(text);
  if (name.digest !== undefined) throw new EngineError('invalid', 'build tag cannot contain a digest');
  return familiarString(withDefaultTag(name));
}

function jsonOf(text: string): unknown {
  if (text === '' || text === 'null') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EngineError('invalid', `error reading build options: ${text}`, error);
  }
}

/** One that is null takes the value of the environment, which here is nobody's. */
function buildArgsOf(given: unknown): Map<string, string> {
  const entries = Object.entries((given ?? {}) as Record<string, string | null>);
  return new Map(entries.flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

function limitsOf({ query }: Request): HostConfig {
  const ulimits = jsonOf(query.text('ulimits'));
  const limits: Record<string, unknown> = {
    Memory: query.integer('memory'),
    MemorySwap: query.integer('memswap'),
    CpuShares: query.integer('cpushares'),
    CpuPeriod: query.integer('cpuperiod'),
    CpuQuota: query.integer('cpuquota'),
    CpusetCpus: query.text('cpusetcpus'),
    CpusetMems: query.text('cpusetmems'),
    CgroupParent: query.text('cgroupparent'),
    ShmSize: query.integer('shmsize'),
    Ulimits: ulimits,
  };
  return Object.fromEntries(
    Object.entries(limits).filter(([, value]) => value !== undefined && value !== '' && value !== 0),
  );
}

/** The logins of `X-Registry-Config`, by registry. */
function credentialsOf({ head }: Request): (registry: string) => Credentials | undefined {
  const logins = decoded(head.headers.get('x-registry-config') ?? '');
  return (registry) => {
    const found =
      logins[registry] ??
      (registry === 'docker.io' ? logins['https://index.docker.io/v1/'] : logins[`https://${registry}`]);
    if (!found) return undefined;
    const { username = '', password = '', serveraddress = '', identitytoken = '', auth = '' } = found;
    const [user = '', secret = ''] = auth === '' ? [] : Buffer.from(auth, 'base64').toString().split(/:(.*)/s);
    return {
      username: username || user,
      password: password || secret,
      serverAddress: serveraddress,
      identityToken: identitytoken,
    };
  };
}

function decoded(header: string): Record<string, Record<string, string>> {
  try {
    // Go's clients say `null` for none.
    return (JSON.parse(Buffer.from(header, 'base64url').toString()) ?? {}) as Record<string, Record<string, string>>;
  } catch {
    return {};
  }
}
