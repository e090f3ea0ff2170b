import type { HostConfig } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { SpecNamespace } from '../../oci/index.ts';
import type { HostFacts } from './facts.ts';
import { isContainerMode } from './namespaces.ts';
import { refusedByRuntime } from './runtime-words.ts';

const ofIpc = new Set(
  'kernel.msgmax kernel.msgmnb kernel.msgmni kernel.sem kernel.shmall kernel.shmmax kernel.shmmni kernel.shm_rmid_forced'.split(
    ' ',
  ),
);

/** What a container's own network namespace gets unless the user says otherwise: pings and low ports without capabilities. */
export function defaultSysctls(facts: HostFacts): Record<string, string> {
  const wanted = { 'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ping_group_range': '0 2147483647' };
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => facts.sysctlExists(name)));
}

/** Refuses, in runc's words, a sysctl that would reach beyond the container's own namespaces. */
export function checkSysctls(sysctls: Record<string, string>, namespaces: SpecNamespace[]): void {
  const own = (type: SpecNamespace['type']): boolean => namespaces.some((namespace) => namespace.type === type);
  for (const name of Object.keys(sysctls)) {
    const dotted = name.replaceAll('/', '.');
    const fault = faultOf(dotted, own);
    if (fault) throw refusedByRuntime(`sysctl ${JSON.stringify(dotted)} ${fault}`);
  }
}

/** Refuses, in Docker's words, a setting of one interface: those are the endpoint's. */
export function refuseInterfaceSysctls({ Sysctls, NetworkMode = '' }: HostConfig): void {
  if (NetworkMode === 'host' || isContainerMode(NetworkMode)) return;
  for (const name of Object.keys(Sysctls ?? {})) {
    const [first, , , link, rest] = name.split('.');
    if (first !== 'net' || !link?.startsWith('eth') || rest === undefined) continue;
    const option = "must be supplied using driver option 'com.docker.network.endpoint.sysctls'";
    throw new EngineError('internal', `interface specific sysctl setting ${JSON.stringify(name)} ${option}`);
  }
}

function faultOf(name: string, own: (type: SpecNamespace['type']) => boolean): string | undefined {
  if (ofIpc.has(name) || name.startsWith('fs.mqueue.')) {
    return own('ipc') ? undefined : 'is not allowed in the hosts ipc namespace';
  }
  if (name.startsWith('net.')) return own('network') ? undefined : 'not allowed in host network namespace';
  if (name === 'kernel.domainname' && own('uts')) return undefined;
  if (name === 'kernel.hostname') return 'is not allowed as it conflicts with the OCI "hostname" field';
  return 'is not in a separate kernel namespace';
}
