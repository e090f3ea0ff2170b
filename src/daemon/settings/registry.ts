import type { TransferLimits } from '../../image/index.ts';
import type { RegistrySettings } from '../../registry/index.ts';
import type { Settings } from './settings.ts';

/** How registries are reached, as the settings are now; proxies are also those of the environment. */
export function registryOf({ registry: { mirrors, insecure, prefixes } }: Settings): RegistrySettings {
  const proxies = { http: proxy('HTTP_PROXY'), https: proxy('HTTPS_PROXY'), none: proxy('NO_PROXY') };
  return { mirrors, insecure, prefixes, certificates: '/etc/docker/certs.d', proxies };
}

const proxy = (name: string): string => process.env[name] ?? process.env[name.toLowerCase()] ?? '';

/** How many blobs come and go at once, and how often one is tried. */
export function limitsOf({ registry: { maxDownloads, maxUploads, maxAttempts } }: Settings): TransferLimits {
  return { downloads: maxDownloads, uploads: maxUploads, attempts: maxAttempts };
}
