import type { HostConfig } from '../../api/index.ts';
import { checkLogOptions } from '../../logs/index.ts';

/** Fills in the default driver; refuses, in Docker's words, other drivers and options that a creation is refused for. */
export function checkLogConfig(hostConfig: HostConfig): void {
  const Type = hostConfig.LogConfig?.Type || 'json-file';
  const Config = hostConfig.LogConfig?.Config ?? {};
  hostConfig.LogConfig = { Type, Config } as NonNullable<HostConfig['LogConfig']>;
  checkLogOptions(Type, Config);
}
