import { type ContainerCreateRequest, type EndpointSettings, type HostConfig, olderThan } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';

const refuse = (words: string): EngineError => new EngineError('invalid', words);
const sysctlsOption = 'com.docker.network.endpoint.sysctls';

/** The address that was once the container's is an endpoint's since 1.44; returns what to warn of. */
export function migrateMacAddress(
  body: ContainerCreateRequest,
  hostConfig: HostConfig,
  version: string,
): string | undefined {
  const address = body.MacAddress ?? '';
  if (olderThan(version, '1.44')) {
    if (address === '') {
      const endpoints = Object.values(body.NetworkingConfig?.EndpointsConfig ?? {});
      for (const endpoint of endpoints) if (endpoint) delete endpoint.MacAddress;
      return undefined;
    }
    if (!hasAddress(hostConfig)) throw refuse('conflicting options: mac-address and the network mode');
    endpointOf(body, hostConfig, version).MacAddress = address;
    return undefined;
  }
  if (address === '') return undefined;
  if (hasAddress(hostConfig)) {
    const endpoint = wrapped('unable to migrate container-wide MAC address to a specific network: ', () =>
      endpointOf(body, hostConfig, version),
    );
    if (endpoint.MacAddress && endpoint.MacAddress !== address) {
      const where = 'the endpoint-specific MAC address for the main network, or be left empty';
      throw refuse(`the container-wide MAC address must match ${where}`);
    }
    endpoint.MacAddress = address;
  }
  // With another container's network it is a contradiction, which is found later.
  if (!hostConfig.NetworkMode?.startsWith('container:')) delete body.MacAddress;
  return 'The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.';
}

/** On the bridge or a network of the user's. */
function hasAddress({ NetworkMode = '' }: HostConfig): boolean {
  return !/^(none|host|container:.*)$/s.test(NetworkMode);
}

/** `net.ipv6.conf.eth0.x` is of an interface, and is an option of its endpoint since 1.46; returns what to warn of. */
export function migrateSysctls(
  body: ContainerCreateRequest,
  hostConfig: HostConfig,
  version: string,
): string | undefined {
  if (/^(host|container:.*)$/s.test(hostConfig.NetworkMode ?? '')) return undefined;
  const found = Object.entries(hostConfig.Sysctls ?? {}).filter(([key]) => /^net\.[^.]*\.[^.]*\.eth[^.]*\./.test(key));
  const [first] = found;
  if (first === undefined) return undefined;
  if (!olderThan(version, '1.48')) {
    const words = `interface specific sysctl setting ${JSON.stringify(first[0])} must be supplied using driver option`;
    throw new EngineError('internal', `${words} '${sysctlsOption}'`);
  }
  const endpoint = wrapped(`unable to find a network for sysctl ${first[0]}: `, () =>
    endpointOf(body, hostConfig, version),
  );
  const strange = found.find(([key]) => key.split('.')[3] !== 'eth0');
  if (strange) {
    const words = `unable to determine network endpoint for sysctl ${strange[0]}, use driver option '${sysctlsOption}'`;
    throw new EngineError('internal', `${words} to set per-interface sysctls`);
  }
  const moved = found.map(([key, value]) => `${key.replace('.eth0.', '.IFNAME.')}=${value}`).join(',');
  const earlier = endpoint.DriverOpts?.[sysctlsOption];
  endpoint.DriverOpts = { ...endpoint.DriverOpts, [sysctlsOption]: earlier ? `${moved},${earlier}` : moved };
  for (const [key] of found) delete hostConfig.Sysctls?.[key];
  const names = JSON.stringify(found.map(([key]) => key).join(','));
  return `Migrated sysctl ${names} to DriverOpts{${JSON.stringify(sysctlsOption)}:${JSON.stringify(moved)}}.`;
}

/** The settings of the network of NetworkMode, made if there are none. */
function endpointOf(body: ContainerCreateRequest, { NetworkMode = '' }: HostConfig, version: string): EndpointSettings {
  body.NetworkingConfig ??= {};
  body.NetworkingConfig.EndpointsConfig ??= {};
  const endpoints = body.NetworkingConfig.EndpointsConfig;
  const names = Object.keys(endpoints);
  const name = olderThan(version, '1.44') ? (names[0] ?? NetworkMode) : NetworkMode;
  if (names.length > 0 && !names.includes(name)) {
    throw refuse('HostConfig.NetworkMode must match the identity of a network in NetworkSettings.Networks');
  }
  endpoints[name] ??= {};
  return endpoints[name];
}

function wrapped<T>(prefix: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.kind, prefix + error.message, error);
  }
}
