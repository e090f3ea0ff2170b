import type { ContainerConfig, ContainerCreateRequest, EndpointSettings, HostConfig } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';

const filled = (value: object | null | undefined): boolean => Object.keys(value ?? {}).length > 0;
const refuse = (message: string): EngineError => new EngineError('invalid', message);

const conflict = (what: string): EngineError => refuse(`conflicting options: ${what}`);

/** Refuses options that contradict the network mode, in Docker's words. `config` is what the user gave. */
export function checkNetworkOptions(config: ContainerConfig, hostConfig: HostConfig): void {
  if (hostConfig.UTSMode === 'host' && config.Hostname) throw conflict('hostname and the UTS mode');
  if (!hostConfig.NetworkMode?.startsWith('container:')) return;
  if (config.Hostname) throw conflict('hostname and the network mode');
  if (filled(hostConfig.Dns)) throw conflict('dns and the network mode');
  if (filled(hostConfig.ExtraHosts)) throw conflict('custom host-to-IP mapping and the network mode');
  if (config.MacAddress) throw conflict('mac-address and the network mode');
  if (filled(hostConfig.PortBindings)) throw conflict('port publishing and the container type network mode');
  if (hostConfig.PublishAllPorts) throw conflict('port publishing and the container type network mode');
  if (filled(config.ExposedPorts)) throw conflict('port exposing and the container type network mode');
}

/** What the user wants of the one network the container is on; returns the MAC address asked for. */
export function checkEndpoints(
  networking: ContainerCreateRequest['NetworkingConfig'],
  mode: string,
): string | undefined {
  const endpoints = Object.entries(networking?.EndpointsConfig ?? {});
  let macAddress: string | undefined;
  for (const [name, endpoint] of endpoints) {
    const network = name === 'default' ? 'bridge' : name;
    if (network !== mode)
      throw new EngineError('unsupported', `only the network of NetworkMode can be joined: ${name}`);
    if (!endpoint) continue;
    checkEndpoint(network, endpoint);
    macAddress = endpoint.MacAddress || macAddress;
  }
  return macAddress;
}

function checkEndpoint(network: string, endpoint: EndpointSettings): void {
  const wrong = `invalid config for network ${network}: invalid endpoint settings:\n`;
  const { IPv4Address, IPv6Address, LinkLocalIPs } = endpoint.IPAMConfig ?? {};
  if (IPv4Address || IPv6Address || LinkLocalIPs?.length) {
    throw refuse(
      `${wrong}* user specified IP address is supported on user defined networks only\n* user specified IP address is supported only when connecting to networks with user configured subnets`,
    );
  }
  if (endpoint.Aliases?.length) {
    throw refuse(`${wrong}network-scoped alias is supported only for containers in user defined networks`);
  }
  if (endpoint.Links?.length) throw new EngineError('unsupported', '--link is not supported');
  if (Object.keys(endpoint.DriverOpts ?? {}).length > 0) {
    throw new EngineError('unsupported', 'driver options of an endpoint are not supported');
  }
}
