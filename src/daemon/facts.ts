import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import shimPath from '../../dist/tug-shim' with { type: 'file' };
import { type HostFacts, labelLayers, readHostFacts, readSelinuxContexts, relabel } from '../container/index.ts';
import type { Log } from '../kit/index.ts';
import { placeInit } from './init-program.ts';
import type { Settings } from './settings/settings.ts';

/** What of the machine, and of the settings, containers depend on. */
export async function factsFor(
  settings: Settings,
  { runtimes, driver }: { runtimes: Parameters<typeof readHostFacts>[0]; driver: string },
  log: Log,
): Promise<HostFacts> {
  const { dataRoot, initPath, cdiDirectories, containers, cgroupDriver } = settings;
  const program = initPath ?? placeInit(dataRoot, readFileSync(shimPath));
  const selinux = settings.selinux ? readSelinuxContexts() : undefined;
  if (settings.selinux && !selinux) log.warn('could not enable SELinux on the host system');
  // Unlike one of the administrator's it has no label that containers may execute.
  if (selinux?.readOnlyFile && initPath === undefined) await relabel(program, selinux.readOnlyFile);
  if (selinux && driver === 'overlay2') await labelLayers(join(dataRoot, driver), selinux);
  return {
    ...readHostFacts(runtimes, program),
    ...(cdiDirectories && { cdiDirectories }),
    ...(cgroupDriver && { cgroupDriver }),
    ...(selinux && { selinux }),
    defaults: containers,
  };
}
