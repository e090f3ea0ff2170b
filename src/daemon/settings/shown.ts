import { discoveredDevices, type HostFacts } from '../../container/index.ts';
import type { ShownSettings } from '../../server/index.ts';
import type { Settings } from './settings.ts';

/** The settings that `docker info` shows, as they are now. */
export function shownSettings(
  settings: Settings,
  facts: Pick<HostFacts, 'cdiDirectories' | 'apparmor' | 'selinux'>,
): ShownSettings {
  const { debug, experimental, labels, liveRestore, containers, authorizationPlugins, registry, network, initPath } =
    settings;
  return {
    debug,
    experimental,
    labels,
    liveRestore,
    registry,
    authorizationPlugins,
    cgroupDriver: settings.cgroupDriver ?? 'cgroupfs',
    loggingDriver: containers.logDriver ?? 'json-file',
    seccomp: containers.seccomp?.name ?? 'builtin',
    noNewPrivileges: containers.noNewPrivileges ?? false,
    apparmor: facts.apparmor,
    selinux: facts.selinux !== undefined,
    userns: containers.ids !== undefined,
    initProgram: initPath ?? 'docker-init',
    cdiDirectories: facts.cdiDirectories,
    cdiDevices: () => discoveredDevices(facts.cdiDirectories),
    open: openTo(settings),
    addressPools: network.pools ?? [],
  };
}

/** Where the API is served to whoever comes by TCP. */
function openTo({ hosts, tls }: Settings): ShownSettings['open'] {
  if (tls.enabled && tls.verify) return [];
  return hosts.flatMap((one) =>
    one.kind === 'tcp'
      ? [{ address: `${one.host.includes(':') ? `[${one.host}]` : one.host}:${one.port}`, tls: tls.enabled }]
      : [],
  );
}
