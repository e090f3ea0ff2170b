import { EngineError } from '../kit/index.ts';
import type { Platform } from './image-spec.ts';

const architectures: Record<string, string> = { x64: 'amd64', x86_64: 'amd64', 'x86-64': 'amd64', aarch64: 'arm64' };

/** The platform this engine runs images of. */
export function hostPlatform(): Platform {
  return { os: 'linux', architecture: architectureOf(process.arch) };
}

/** `os`, `os/architecture` or `os/architecture/variant`; an EngineError `invalid` otherwise. */
export function parsePlatform(text: string): Platform {
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3 || !parts.every((part) => /^[a-z0-9_.-]+$/.test(part))) {
    throw new EngineError('invalid', `${JSON.stringify(text)}: cannot parse platform specifier: invalid argument`);
  }
  const [os = 'linux', architecture = hostPlatform().architecture, variant] = parts;
  const name = architectureOf(architecture);
  // arm64 has one variant so far, which is not written.
  return variant && !(name === 'arm64' && variant === 'v8')
    ? { os, architecture: name, variant }
    : { os, architecture: name };
}

/** `linux/amd64`, `linux/arm/v7`. */
export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/');
}

/** Whether an image of `offered` runs where `wanted` is asked for. */
export function platformMatches(offered: Platform, wanted: Platform): boolean {
  const same = offered.os === wanted.os && architectureOf(offered.architecture) === wanted.architecture;
  return same && (!wanted.variant || !offered.variant || offered.variant === wanted.variant);
}

function architectureOf(name: string): string {
  return architectures[name] ?? name;
}
