/** The part of the OCI runtime specification (v1.2, config.json) that the engine writes and the runtimes read. */
export interface RuntimeSpec {
  ociVersion: string;
  process: SpecProcess;
  root: { path: string; readonly?: boolean };
  hostname?: string;
  domainname?: string;
  mounts: SpecMount[];
  annotations?: Record<string, string>;
  hooks?: SpecHooks;
  linux: SpecLinux;
}

export interface SpecProcess {
  terminal?: boolean;
  consoleSize?: { height: number; width: number };
  user: { uid: number; gid: number; umask?: number; additionalGids?: number[] };
  /** argv; argv[0] is looked up in the PATH of `env` when it has no slash. */
  args: string[];
  /** `KEY=value` */
  env: string[];
  cwd: string;
  capabilities: CapabilitySets;
  rlimits?: { type: string; soft: number; hard: number }[];
  noNewPrivileges?: boolean;
  apparmorProfile?: string;
  selinuxLabel?: string;
  oomScoreAdj?: number;
}

/** Capability names with their CAP_ prefix. */
export interface CapabilitySets {
  bounding: string[];
  effective: string[];
  inheritable: string[];
  permitted: string[];
  ambient: string[];
}

export interface SpecMount {
  destination: string;
  /** A filesystem (`proc`, `tmpfs`, …), `bind`, or `cgroup`. */
  type: string;
  source: string;
  /** Options as mount(8) spells them: `ro`, `nosuid`, `rbind`, `rprivate`, `size=64m`, `mode=755`, … */
  options: string[];
}

export interface SpecNamespace {
  type: 'pid' | 'network' | 'ipc' | 'uts' | 'mount' | 'user' | 'cgroup' | 'time';
  /** Join this one instead of making a new one. */
  path?: string;
}

export interface SpecDevice {
  path: string;
  type: 'c' | 'b' | 'u' | 'p';
  major: number;
  minor: number;
  fileMode: number;
  uid: number;
  gid: number;
}

export interface SpecDeviceRule {
  allow: boolean;
  type?: 'a' | 'c' | 'b';
  major?: number;
  minor?: number;
  access?: string;
}

export interface SpecLinux {
  namespaces: SpecNamespace[];
  uidMappings?: SpecIdMapping[];
  gidMappings?: SpecIdMapping[];
  devices: SpecDevice[];
  /** Relative to the root of every hierarchy, for example `/tug/<id>`. */
  cgroupsPath: string;
  resources: SpecResources;
  /** `rprivate`, `rslave`, `rshared`, … */
  rootfsPropagation?: string;
  maskedPaths: string[];
  readonlyPaths: string[];
  sysctl?: Record<string, string>;
  seccomp?: SpecSeccomp;
  mountLabel?: string;
}

export interface SpecIdMapping {
  containerID: number;
  hostID: number;
  size: number;
}

export interface SpecResources {
  devices: SpecDeviceRule[];
  memory?: {
    limit?: number;
    reservation?: number;
    swap?: number;
    swappiness?: number;
    disableOOMKiller?: boolean;
    kernelTCP?: number;
  };
  cpu?: {
    shares?: number;
    quota?: number;
    period?: number;
    cpus?: string;
    mems?: string;
    realtimePeriod?: number;
    realtimeRuntime?: number;
  };
  pids?: { limit: number };
  blockIO?: SpecBlockIO;
  unified?: Record<string, string>;
}

export interface SpecBlockIO {
  weight?: number;
  weightDevice?: { major: number; minor: number; weight: number }[];
  throttleReadBpsDevice?: SpecThrottle[];
  throttleWriteBpsDevice?: SpecThrottle[];
  throttleReadIOPSDevice?: SpecThrottle[];
  throttleWriteIOPSDevice?: SpecThrottle[];
}

/** Bytes or operations a second of one device; 0 is no limit. */
export interface SpecThrottle {
  major: number;
  minor: number;
  rate: number;
}

/** Programs that a runtime calls on the way of a container's life, by the name of the moment. */
export type SpecHooks = Record<string, { path: string; args?: string[]; env?: string[]; timeout?: number }[]>;

/** A seccomp profile with its conditions already resolved, as the OCI spec has it. */
export interface SpecSeccomp {
  defaultAction: string;
  defaultErrnoRet?: number;
  architectures?: string[];
  flags?: string[];
  syscalls: {
    names: string[];
    action: string;
    errnoRet?: number;
    args?: { index: number; value: number; valueTwo?: number; op: string }[];
  }[];
}
