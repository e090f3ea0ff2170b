import { EngineError } from '../kit/index.ts';
import type { Platform } from './image-spec.ts';

const architectures: Record<string, string> = { x64: 'amd64', x86_64: 'amd64', 'x86-64': 'amd64', aarch64: 'arm64' };

/** The platform this engine runs images of. */
export function hostPlatform(): Platform {
  return { os: 'linux', architecture: architectureOf(process.arch) };
}

/** `os`, `os/architecture` or `os/architecture/variant`; an EngineError `invalid` otherwise. */
export function parsePlatform(text: string): Platform {
  for (const [index, part] of text.split('/').entries()) checkPart(text, part, index === 0 ? systemPart : furtherPart);
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3) {
    throw new EngineError('invalid', `${JSON.stringify(text)}: cannot parse platform specifier: invalid argument`);
  }
  if (parts.length === 1) return fromOneWord(text, parts[0] ?? '');
  const [os, architecture = '', variant] = [systemOf(parts[0] ?? ''), ...parts.slice(1)];
  const name = architectureOf(architecture);
  // arm64 has one variant so far, which is not written.
  return variant && !(name === 'arm64' && variant === 'v8')
    ? { os, architecture: name, variant }
    : { os, architecture: name };
}

interface Part {
  pattern: RegExp;
  /** The pattern as containerd writes it, whose words these are. */
  written: string;
  words: [article: string, rule: string];
}

const systemPart: Part = {
  pattern: /^[A-Za-z0-9_-]+(?:\([A-Za-z0-9_.%-]*(?:\+[A-Za-z0-9_.%-]+)*\))?$/,
  written: String.raw`^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$`,
  words: ['an invalid OS component', 'OSAndVersion specifier component'],
};
const furtherPart: Part = {
  pattern: /^[A-Za-z0-9_.-]+$/,
  written: '^[A-Za-z0-9_.-]+$',
  words: ['an invalid component', 'platform specifier component'],
};

function checkPart(text: string, part: string, { pattern, written, words: [article, rule] }: Part): void {
  if (pattern.test(part)) return;
  const what = `${JSON.stringify(part)} is ${article} of ${JSON.stringify(text)}`;
  throw new EngineError('invalid', `${what}: ${rule} must match ${JSON.stringify(written)}: invalid argument`);
}

/** A system's name without a version behind it. */
const systemOf = (part: string): string => {
  const [name = ''] = part.split('(');
  return name === 'macos' ? 'darwin' : name;
};

const systems =
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos';
const processors =
  '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc64 wasm';

/** One word is a system or an architecture; the other is this host's. */
function fromOneWord(text: string, word: string): Platform {
  const os = systemOf(word);
  if (systems.split(' ').includes(os)) return { ...hostPlatform(), os };
  const architecture = architectureOf(word);
  if (processors.split(' ').includes(architecture)) return { ...hostPlatform(), architecture };
  throw new EngineError(
    'invalid',
    `${JSON.stringify(text)}: unknown operating system or architecture: invalid argument`,
  );
}

/** `linux/amd64`, `linux/arm/v7`. */
export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/');
}

/** Whether an image of `offered` runs where `wanted` is asked for. */
export function platformMatches(offered: Platform, wanted: Platform): boolean {
  const same = offered.os === wanted.os && architectureOf(offered.architecture) === architectureOf(wanted.architecture);
  return same && (!wanted.variant || !offered.variant || offered.variant === wanted.variant);
}

/**
 * How well what is `offered` suits where `wanted` is asked for: 0 is best, undefined not at all. A processor runs what is older of its
 * kind, too: amd64 also 386, arm64 also arm, an arm those before it.
 */
export function platformRank(offered: Platform, wanted: Platform): number | undefined {
  if (offered.os !== wanted.os) return undefined;
  const rank = runsOn(normal(wanted)).indexOf(normal(offered));
  return rank < 0 ? undefined : rank;
}

function normal({ architecture, variant = '' }: Platform): string {
  const name = architectureOf(architecture);
  const usual = { arm: 'v7', arm64: 'v8', amd64: 'v1' }[name];
  const written = /^\d$/.test(variant) ? `v${variant}` : variant;
  return `${name}/${written || (usual ?? '')}`;
}

const arms = ['arm/v8', 'arm/v7', 'arm/v6', 'arm/v5'];

/** The platforms whose programs one runs, itself first. */
function runsOn(platform: string): string[] {
  const [name, variant = ''] = platform.split('/');
  const level = Number(variant.slice(1));
  if (name === 'amd64') return [...Array.from({ length: level }, (_, less) => `amd64/v${level - less}`), '386/'];
  if (name === 'arm64') return [platform, ...(platform === 'arm64/v8' ? [] : ['arm64/v8']), ...arms];
  if (name === 'arm') return [platform, ...arms.slice(arms.indexOf(platform) + 1)];
  return [platform];
}

function architectureOf(name: string): string {
  return architectures[name] ?? name;
}
