import { formatPlatform, type Platform, parsePlatform } from '../../../../oci/index.ts';

/** A platform as progress shows it, with what is built for where that is another. */
export function platformLabel(platform: Platform, env: ReadonlyMap<string, string>): string {
  const target = platformOf(env);
  if (!target) return formatPlatform(platform);
  const os = target.os || platform.os;
  const architecture = target.architecture || platform.architecture;
  const variant = target.variant ? `/${target.variant}` : '';
  if (os !== platform.os) return `${formatPlatform(platform)}->${os}/${architecture}${variant}`;
  return architecture === platform.architecture
    ? formatPlatform(platform)
    : `${formatPlatform(platform)}->${architecture}${variant}`;
}

function platformOf(env: ReadonlyMap<string, string>): Platform | undefined {
  const whole = env.get('TARGETPLATFORM');
  try {
    if (whole !== undefined) return parsePlatform(whole);
  } catch {
    // A build argument may have made it anything.
  }
  const [os, architecture, variant] = ['TARGETOS', 'TARGETARCH', 'TARGETVARIANT'].map((name) => env.get(name));
  if (os === undefined && architecture === undefined && variant === undefined) return undefined;
  return { os: os ?? '', architecture: architecture ?? '', ...(variant ? { variant } : {}) };
}
