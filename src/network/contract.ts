import type { EndpointSettings, NetworkInspect, PortBinding } from '../api/index.ts';
import type { Tx } from '../store/index.ts';

/** What a container asks of the network; `mode` is HostConfig.NetworkMode without `container:` (which joins another's namespace). */
export interface AttachRequest {
  containerId: string;
  name: string;
  /** `bridge`, `default`, `none` or `host`. */
  mode: string;
  hostname: string;
  domainname: string;
  /** `80/tcp` → bindings; an empty HostPort is an ephemeral one. */
  portBindings: Record<string, PortBinding[]>;
  exposedPorts: string[];
  publishAll: boolean;
  extraHosts: string[];
  dns: { servers: string[]; search: string[]; options: string[] };
  macAddress?: string;
}

/** Messages that furnish the container's namespace; see runtime's NetworkPlan, which it matches. */
export interface NetworkFurniture {
  host: { message: Uint8Array; netnsFdOffset?: number }[];
  inside: { message: Uint8Array }[];
}

export interface NetworkAttachment {
  /** None for host, none and joined namespaces. */
  furniture?: NetworkFurniture;
  /** Contents of /etc/hosts and /etc/resolv.conf. */
  hosts: string;
  resolvConf: string;
  /** For inspect: by network name, and the published ports as they came out. */
  networks: Record<string, EndpointSettings>;
  ports: Record<string, PortBinding[] | null>;
  /** Bound sockets that reserve the published ports; from here on the caller's, who passes them to the shim or closes them. */
  reserved: number[];
  /** Writes address and ports down, in the transaction that also records the container's start. */
  record(tx: Tx): void;
  /** Makes the published ports reachable (nft elements). Called while the container's child is being furnished. */
  publish(): Promise<void>;
}

export interface Networks {
  /** Refuses, as `invalid` and in Docker's words, what no start could give: for the container's creation. */
  validate(request: Omit<AttachRequest, 'containerId' | 'name' | 'hostname' | 'domainname'>): void;
  /** Allocates address and ports in memory only; `record` makes it durable. Undo with `release`. */
  attach(request: AttachRequest): Promise<NetworkAttachment>;
  /** Gives back address, ports and nft elements of a container; idempotent, also for one of an earlier engine's life. */
  release(containerId: string): Promise<void>;
  /** Drops its recorded endpoint, in the transaction that records the container's exit. */
  forget(tx: Tx, containerId: string): void;
  list(filters: Record<string, string[]>): NetworkInspect[];
  /** By name, id or unique prefix; otherwise `notFound`: `network x not found`. */
  inspect(reference: string): NetworkInspect;
  /** Makes bridge, sysctls and firewall what they must be for the containers that `running` names, and frees all else. */
  restore(running: (containerId: string) => boolean): Promise<void>;
  close(): Promise<void>;
}
