import type { ContainerConfig, HostConfig } from '../../api/index.ts';
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
