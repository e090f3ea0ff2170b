import type { SystemInfo } from '../../../api/index.ts';
import { binarySize } from '../../format/bytes.ts';

/** The server's half of `info`: one line a fact, indented by a space. */
export function infoText(info: SystemInfo, { debug, user }: { debug: boolean; user: string }): string {
  const lines: string[] = [];
  const say = (name: string, value: unknown) => lines.push(` ${name}: ${value}`);
  say('Containers', info.Containers);
  say(' Running', info.ContainersRunning);
  say(' Paused', info.ContainersPaused);
  say(' Stopped', info.ContainersStopped);
  say('Images', info.Images);
  say('Server Version', info.ServerVersion);
  say('Storage Driver', info.Driver);
  for (const [name = '', value] of (info.DriverStatus ?? []) as string[][]) say(` ${name}`, value);
  say('Logging Driver', info.LoggingDriver);
  say('Cgroup Driver', info.CgroupDriver);
  say('Cgroup Version', info.CgroupVersion);
  lines.push(...pluginLines(info), ...cdiLines(info), ` Swarm: ${info.Swarm?.LocalNodeState ?? 'inactive'}`);
  lines.push(...runtimeLines(info), ...securityLines(info));
  say('Kernel Version', info.KernelVersion);
  say('Operating System', info.OperatingSystem);
  say('OSType', info.OSType);
  say('Architecture', info.Architecture);
  say('CPUs', info.NCPU);
  say('Total Memory', binarySize(info.MemTotal ?? 0));
  say('Name', info.Name);
  say('ID', info.ID);
  say('Docker Root Dir', info.DockerRootDir);
  say('Debug Mode', info.Debug);
  if (info.Debug || debug) lines.push(...debugLines(info));
  lines.push(...proxyLines(info), ...(user ? [` Username: ${user}`] : []), ...labelLines(info));
  say('Experimental', info.ExperimentalBuild);
  lines.push(...registryLines(info));
  say('Live Restore Enabled', info.LiveRestoreEnabled ?? false);
  if (info.ProductLicense) say('Product License', info.ProductLicense);
  const pools = info.DefaultAddressPools ?? [];
  if (pools.length > 0) lines.push(' Default Address Pools:');
  lines.push(...pools.map(({ Base, Size }) => `   Base: ${Base}, Size: ${Size}`));
  return `${lines.join('\n')}\n`;
}

function pluginLines({ Plugins: plugins }: SystemInfo): string[] {
  const kinds = [
    ['Volume', plugins?.Volume],
    ['Network', plugins?.Network],
    ['Authorization', plugins?.Authorization],
    ['Log', plugins?.Log],
  ] as const;
  const shown = kinds.filter(([kind, names]) => kind !== 'Authorization' || (names ?? []).length > 0);
  return [' Plugins:', ...shown.map(([kind, names]) => `  ${kind}: ${(names ?? []).join(' ')}`)];
}

function cdiLines(info: SystemInfo): string[] {
  const dirs = (info as { CDISpecDirs?: string[] }).CDISpecDirs ?? [];
  return dirs.length > 0 ? [' CDI spec directories:', ...dirs.map((dir) => `  ${dir}`)] : [];
}

function runtimeLines(info: SystemInfo): string[] {
  const commits = info as unknown as Record<string, { ID?: string } | undefined>;
  return [
    ` Runtimes: ${Object.keys(info.Runtimes ?? {}).join(' ')}`,
    ` Default Runtime: ${info.DefaultRuntime}`,
    ` Init Binary: ${info.InitBinary}`,
    ` containerd version: ${commits.ContainerdCommit?.ID ?? ''}`,
    ` runc version: ${commits.RuncCommit?.ID ?? ''}`,
    ` init version: ${commits.InitCommit?.ID ?? ''}`,
  ];
}

function securityLines({ SecurityOptions: options }: SystemInfo): string[] {
  if (!options || options.length === 0) return [];
  const lines = options.flatMap((option) => {
    const fields = option.split(',').map((field) => field.split('='));
    const name = fields.find(([key]) => key === 'name')?.[1] ?? option;
    const rest = fields.filter(([key]) => key !== 'name');
    return [
      `  ${name}`,
      ...rest.map(([key = '', value]) => `   ${key.charAt(0).toUpperCase()}${key.slice(1)}: ${value}`),
    ];
  });
  return [' Security Options:', ...lines];
}

function debugLines(info: SystemInfo): string[] {
  return [
    `  File Descriptors: ${info.NFd}`,
    `  Goroutines: ${info.NGoroutines}`,
    `  System Time: ${info.SystemTime}`,
    `  EventsListeners: ${info.NEventsListener}`,
  ];
}

function proxyLines(info: SystemInfo): string[] {
  const lines: string[] = [];
  if (info.HttpProxy) lines.push(` HTTP Proxy: ${info.HttpProxy}`);
  if (info.HttpsProxy) lines.push(` HTTPS Proxy: ${info.HttpsProxy}`);
  if (info.NoProxy) lines.push(` No Proxy: ${info.NoProxy}`);
  return lines;
}

function labelLines({ Labels: labels }: SystemInfo): string[] {
  return labels && labels.length > 0 ? [' Labels:', ...labels.map((label) => `  ${label}`)] : [];
}

function registryLines({ RegistryConfig: config }: SystemInfo): string[] {
  const lines: string[] = [];
  const indexes = Object.values(config?.IndexConfigs ?? {}).filter((index) => index.Secure === false);
  const insecure = [...indexes.map((index) => index.Name), ...(config?.InsecureRegistryCIDRs ?? [])];
  if (insecure.length > 0) lines.push(' Insecure Registries:', ...insecure.map((name) => `  ${name}`));
  const mirrors = config?.Mirrors ?? [];
  if (mirrors.length > 0) lines.push(' Registry Mirrors:', ...mirrors.map((mirror) => `  ${mirror}`));
  return lines;
}
