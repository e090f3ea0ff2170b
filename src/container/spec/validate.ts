import { isIP } from 'node:net';
import { constants } from 'node:os';
import { posix } from 'node:path';
import { type ContainerConfig, type HostConfig, onUnhealthy } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { HostFacts } from './facts.ts';
import { isContainerMode } from './namespaces.ts';
import { normalizeCapabilities } from './process/capabilities.ts';
import { parseSecurityOptions } from './process/security.ts';
import { checkCgroupParent } from './resources/cgroup-path.ts';
import { validateResources } from './resources/validate-resources.ts';
import { refuseInterfaceSysctls } from './sysctls.ts';

const refuse = (message: string): EngineError => new EngineError('invalid', message);

/**
 * Checks a merged configuration and an adapted host configuration before a container is made: refusals in Docker's words,
 * warnings for what is discarded (and taken out of `hostConfig`). Mounts are checked by resolveMountPoints.
 */
export function validate(config: ContainerConfig, hostConfig: HostConfig, facts: HostFacts): string[] {
  checkConfig(config);
  return validateHost(hostConfig, facts);
}

/** The same for what a host configuration says by itself. */
export function validateHost(hostConfig: HostConfig, facts: HostFacts): string[] {
  checkModes(hostConfig);
  normalizeCapabilities('CapAdd', hostConfig.CapAdd ?? [], facts.capabilities);
  normalizeCapabilities('CapDrop', hostConfig.CapDrop ?? [], facts.capabilities);
  checkRestartPolicy(hostConfig);
  checkHosts(hostConfig);
  checkTmpfs(hostConfig);
  checkOthers(hostConfig, facts);
  refuseInterfaceSysctls(hostConfig);
  parseSecurityOptions(hostConfig, facts);
  return validateResources(hostConfig, facts);
}

/** The same for what a configuration says by itself. */
export function checkConfig(config: ContainerConfig): void {
  if (config.WorkingDir && !config.WorkingDir.startsWith('/')) {
    throw refuse(`the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`);
  }
  for (const entry of config.Env ?? []) {
    if (entry === '' || entry.startsWith('=')) throw refuse(`invalid environment variable: ${entry}`);
  }
  if (config.StopSignal && signalNumber(config.StopSignal) === undefined) {
    throw refuse(`invalid signal: ${config.StopSignal}`);
  }
  checkHealthcheck(config.Healthcheck);
}

/** `9`, `KILL` or `SIGKILL`, with Linux's realtime signals (`RTMIN+3`); undefined for what is none. */
export function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) > 0 && Number(text) <= 64 ? Number(text) : undefined;
  const name = text.toUpperCase().replace(/^SIG/, '');
  const realtime = /^RTM(IN|AX)([+-]\d{1,2})?$/.exec(name);
  if (realtime) {
    const number = (realtime[1] === 'IN' ? 34 : 64) + Number(realtime[2] ?? 0);
    return number >= 34 && number <= 64 ? number : undefined;
  }
  return (constants.signals as Record<string, number>)[`SIG${name}`];
}

const millisecond = 1e6;

function checkHealthcheck(healthcheck: ContainerConfig['Healthcheck']): void {
  if (!healthcheck) return;
  for (const field of ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const) {
    const value = healthcheck[field] ?? 0;
    if (value !== 0 && value < millisecond) throw refuse(`${field} in Healthcheck cannot be less than 1ms`);
  }
  if ((healthcheck.Retries ?? 0) < 0) throw refuse('Retries in Healthcheck cannot be negative');
}

function checkModes(hostConfig: HostConfig): void {
  const { IpcMode = '', PidMode = '', UTSMode = '', CgroupnsMode = '', NetworkMode = '' } = hostConfig;
  if (!['', 'private', 'host', 'none', 'shareable'].includes(IpcMode) && !isContainerMode(IpcMode)) {
    throw refuse(`invalid IPC mode: ${IpcMode}`);
  }
  if (!['', 'host'].includes(PidMode) && !isContainerMode(PidMode)) throw refuse(`invalid PID mode: ${PidMode}`);
  if (!['', 'host'].includes(UTSMode)) throw refuse(`invalid UTS mode: ${UTSMode}`);
  if (!['', 'private', 'host'].includes(CgroupnsMode)) {
    throw refuse(`invalid cgroup namespace mode: ${CgroupnsMode}`);
  }
  if (NetworkMode === 'container:') {
    throw refuse('invalid network mode: invalid container format container:<name|id>');
  }
  const isolation = hostConfig.Isolation ?? '';
  if (!['', 'default'].includes(isolation)) {
    throw refuse(`invalid isolation (${isolation}): linux only supports 'default'`);
  }
}

/** Refuses in Docker's words what is no restart policy; one without a name is none, whatever its count. */
export function checkRestartPolicy({ RestartPolicy, AutoRemove }: HostConfig): void {
  const name: string = RestartPolicy?.Name ?? '';
  const count = RestartPolicy?.MaximumRetryCount ?? 0;
  if (!['', 'no', 'always', 'on-failure', 'unless-stopped', onUnhealthy].includes(name)) {
    throw refuse(
      `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    );
  }
  if (count !== 0 && !['', 'on-failure', onUnhealthy].includes(name)) {
    const negative = count < 0 ? ' and cannot be negative' : '';
    throw refuse(`invalid restart policy: maximum retry count can only be used with 'on-failure'${negative}`);
  }
  if (count < 0 && name !== '') throw refuse('invalid restart policy: maximum retry count cannot be negative');
  if (AutoRemove && !['', 'no'].includes(name)) {
    throw refuse("can't create 'AutoRemove' container with restart policy");
  }
}

function checkHosts(hostConfig: HostConfig): void {
  for (const entry of hostConfig.ExtraHosts ?? []) {
    const [, name, address] = /^([^:=]+)[:=](.+)$/.exec(entry) ?? [];
    if (!name || !address) throw refuse(`bad format for add-host: ${JSON.stringify(entry)}`);
    if (address !== 'host-gateway' && isIP(address.replace(/^\[(.*)\]$/, '$1')) === 0) {
      throw refuse(`invalid IP address in add-host: ${JSON.stringify(address)}`);
    }
  }
}

function checkTmpfs(hostConfig: HostConfig): void {
  for (const path of Object.keys(hostConfig.Tmpfs ?? {})) {
    if (posix.normalize(path) === '/') throw refuse("invalid specification: destination can't be '/'");
    if (!path.startsWith('/')) throw refuse(`invalid mount path: '${path}' mount path must be absolute`);
  }
}

function checkOthers(hostConfig: HostConfig, facts: HostFacts): void {
  const { Runtime } = hostConfig;
  if (Runtime && !facts.runtimes.knows(Runtime)) throw refuse(`unknown or invalid runtime name: ${Runtime}`);
  checkCgroupParent(hostConfig, facts);
  const score = hostConfig.OomScoreAdj ?? 0;
  if (score < -1000 || score > 1000) {
    throw refuse(`Invalid value ${score}, range for oom score adj is [-1000, 1000]`);
  }
  if ((hostConfig.ShmSize ?? 0) < 0) throw refuse('SHM size can not be less than 0');
  if (Object.hasOwn(hostConfig.Annotations ?? {}, '')) {
    throw refuse('invalid Annotations: the empty string is not permitted as an annotation key');
  }
  const [option] = Object.keys(hostConfig.StorageOpt ?? {});
  if (option !== undefined) {
    if (option.toLowerCase() !== 'size') throw new EngineError('internal', `Unknown option ${option}`);
    throw new EngineError(
      'internal',
      "--storage-opt is supported only for overlay over xfs with 'pquota' mount option",
    );
  }
}
