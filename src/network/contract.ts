import type { EndpointSettings, EventMessage, NetworkInspect, PortBinding } from '../api/index.ts';
import type { Check } from '../kit/index.ts';
import type { Tx } from '../store/index.ts';

/** What a container asks of the network; `mode` is HostConfig.NetworkMode without `container:` (which joins another's namespace). */
export interface AttachRequest {
  containerId: string;
  name: string;
  /** `default`, or a network by name or id. */
  mode: string;
  hostname: string;
  domainname: string;
  /** `80/tcp` → bindings; an empty HostPort is an ephemeral one. */
  portBindings: Record<string, PortBinding[]>;
  exposedPorts: string[];
  publishAll: boolean;
  extraHosts: string[];
  dns: { servers: string[]; search: string[]; options: string[] };
  /** Of its interface on the network of its mode. */
  macAddress?: string;
  /** What is asked of its endpoints, by the network's name; without any, it is on the network of its mode alone. */
  endpoints?: Record<string, EndpointSettings>;
  /** MAC addresses asked for, by the network's name. */
  macAddresses?: Record<string, string>;
  /** What it had before, by the network's name: its own again where nobody has it by now. */
  kept?: Record<string, KeptAddress>;
}

/** Where a container was on a network. */
export interface KeptAddress {
  v4?: string;
  v6?: string;
  mac?: string;
}

/** Messages that furnish the container's namespace; see runtime's NetworkPlan, which it matches. */
export interface NetworkFurniture {
  host: { message: Uint8Array; netnsFdOffset?: number }[];
  inside: { message: Uint8Array }[];
  resolver?: { address: number; port: number };
  relays?: { slot: number; protocol: number; address: number; port: number }[];
}

export interface NetworkAttachment {
  /** None for host and joined namespaces. */
  furniture?: NetworkFurniture;
  /** Contents of /etc/hosts and /etc/resolv.conf. */
  hosts: string;
  resolvConf: string;
  /** For inspect: by network name, and the published ports as they came out. */
  networks: Record<string, EndpointSettings>;
  ports: Record<string, PortBinding[] | null>;
  /** Bound sockets that reserve the published ports; from here on the caller's, who passes them to the shim or closes them. */
  reserved: number[];
  /** Writes addresses and ports down, in the transaction that also records the container's start. */
  record(tx: Tx): void;
  /** Makes the published ports reachable (nft elements). Called while the container's child is being furnished. */
  publish(): Promise<void>;
}

/** One network more for a container that runs. */
export interface ConnectRequest {
  containerId: string;
  network: string;
  settings: EndpointSettings;
  macAddress?: string;
}

/** What a running container's record and files must say after a change of its networks. */
export interface NetworkChange {
  networks: Record<string, EndpointSettings>;
  ports: Record<string, PortBinding[] | null>;
  /** The one that has come or gone. */
  network: { id: string; name: string };
  /** What becomes of the text of /etc/hosts. */
  hosts(text: string): string;
  /** What /etc/resolv.conf was made as, and what it would be made as now. */
  resolvConf: { before: string; after: string };
  /** In the transaction that changes the container's row. */
  record(tx: Tx): void;
  /** After the commit: addresses, ports and names follow. Returns the ports that are to be passed on to another address. */
  apply(): { handle: number; address: number }[];
  /** Instead of `apply`, when the commit failed. */
  undo(): void;
}

/** Who keeps the sockets of a container's ports: its process. */
export interface PortHolder {
  hold(socket: number, relay?: { protocol: number; address: number; port: number }): number;
  unhold(handle: number): Promise<void>;
}

/** A process whose network may have been left half changed. */
export interface Mendable extends PortHolder {
  /** A netlink socket (route) of its namespace; the caller closes it. */
  openNetwork(): number;
}

/** A change of a running container's published ports. The ports are reserved; commit `record`, then `apply`, or else `undo`. */
export interface PortChange {
  ports: Record<string, PortBinding[] | null>;
  record(tx: Tx): void;
  undo(): void;
  /**
   * Opens and closes. What it resolves to hands the sockets on to the holder and writes that down; to be called once the client has its
   * answer, before anything else is done to the container.
   */
  apply(holder: PortHolder): Promise<() => void>;
}

/** What was found on the way of a packet, in its order. */
export interface Diagnosis {
  reachable: boolean;
  steps: DiagnosisStep[];
}

export interface DiagnosisStep {
  ok: boolean;
  text: string;
}

/** The way from one container to another, by their ids, or from outside to a port of the host. */
export type DiagnosisRequest =
  | { from: string; to: string }
  | {
      port: number;
      /** Whether a program waits at a container's port. */
      listening(containerId: string, port: { protocol: string; containerPort: number }): boolean;
    };

/** The body of `POST /networks/create`. */
export interface NetworkCreateBody {
  Name?: string;
  Driver?: string;
  Scope?: string;
  Internal?: boolean;
  Attachable?: boolean;
  Ingress?: boolean;
  ConfigOnly?: boolean;
  ConfigFrom?: { Network?: string };
  EnableIPv4?: boolean;
  EnableIPv6?: boolean;
  IPAM?: {
    Driver?: string;
    Options?: Record<string, string>;
    Config?: {
      Subnet?: string;
      IPRange?: string;
      Gateway?: string;
      AuxiliaryAddresses?: Record<string, string>;
    }[];
  };
  Options?: Record<string, string>;
  Labels?: Record<string, string>;
}

export interface Networks {
  /** Networks and endpoints, as they are in use against what is written down. */
  check: Check;
  /** Refuses, as `invalid` and in Docker's words, what no start could give: for the container's creation. */
  validate(request: Omit<AttachRequest, 'containerId' | 'name' | 'hostname' | 'domainname'>): void;
  /** Allocates addresses and ports in memory only; `record` makes it durable. Undo with `release`. */
  attach(request: AttachRequest): Promise<NetworkAttachment>;
  /** Gives back addresses, ports and nft elements of a container; idempotent, also for one of an earlier engine's life. */
  release(containerId: string): Promise<void>;
  /** Drops its recorded endpoints, in the transaction that records the container's exit. */
  forget(tx: Tx, containerId: string): void;
  /**
   * Joins a running container to one more network; `inside` is a netlink socket (route) that was opened in its namespace, which is
   * closed here. The caller commits `record` with the container's row and calls `apply`, or `undo`.
   */
  connect(request: ConnectRequest, inside: number): NetworkChange;
  /** Takes a running container off a network; as `connect`, but that `openInside` gives the socket. */
  disconnect(request: { containerId: string; network: string }, openInside: () => number): NetworkChange;
  /**
   * What a container that does not run would be on: the settings as they are kept, checked, under the network's name. Throws
   * `notFound` without such a network.
   */
  plan(
    network: string,
    settings: EndpointSettings,
  ): { name: string; id: string; driver: string; settings: EndpointSettings };
  /** Ports that are published from now on, and such that are no longer (without a host port: all of that container port). */
  changePorts(
    containerId: string,
    add: Record<string, PortBinding[]>,
    remove: Record<string, PortBinding[]>,
  ): PortChange;
  /** Settings as they are kept for a network that is not there. */
  unplanned(settings: EndpointSettings): EndpointSettings;
  /** Another name for a container that runs: `record` in the transaction that renames it, `apply` after. */
  rename(containerId: string, name: string): { record(tx: Tx): void; apply(): void };
  create(body: NetworkCreateBody): Promise<{ Id: string; Warning: string }>;
  /** By name, id or unique prefix; one that is in use, or predefined, is `forbidden`. */
  remove(reference: string): Promise<void>;
  /** Removes what no running container is on; filters `until`, `label` and `label!`. */
  prune(filters: Record<string, string[]>): Promise<{ NetworksDeleted: string[] | null }>;
  list(filters: Record<string, string[]>): NetworkInspect[];
  /** By name, id or unique prefix; otherwise `notFound`: `network x not found`. */
  inspect(reference: string): NetworkInspect;
  /** After `restore`: finishes what an engine was killed at while it changed a running container's networks or ports. */
  mend(containerId: string, process: Mendable): Promise<void>;
  /** Why a packet would arrive, or not, step by step. */
  diagnose(request: DiagnosisRequest): Diagnosis;
  /** Events of type network, published after their commit. */
  subscribe(listener: (event: EventMessage) => void): () => void;
  /** Makes bridges, sysctls and firewall what they must be for the containers that `running` names, and frees all else. */
  restore(running: (containerId: string) => boolean): Promise<void>;
  close(): Promise<void>;
}
