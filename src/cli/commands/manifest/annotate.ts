import type { Platform } from '../../../oci/index.ts';
import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { readName } from './create.ts';
import { createLists } from './lists.ts';
import { platformOf } from './manifest.ts';

/** The architectures of each system that Docker lets into a list. */
const known: Record<string, string> = {
  darwin: '386 amd64 arm arm64',
  dragonfly: 'amd64',
  freebsd: '386 amd64 arm',
  linux: '386 amd64 arm arm64 mips64 mips64le ppc64le riscv64 s390x',
  netbsd: '386 amd64 arm',
  openbsd: '386 amd64 arm',
  plan9: '386 amd64',
  solaris: 'amd64',
  windows: '386 amd64',
};

export const annotate = command({
  usage: '[OPTIONS] MANIFEST_LIST MANIFEST',
  short: 'Add additional information to a local image manifest',
  experimental: true,
  flags: {
    arch: flag.string('Set architecture'),
    os: flag.string('Set operating system'),
    'os-features': flag.strings('Set operating system feature'),
    'os-version': flag.string('Set operating system version'),
    variant: flag.string('Set architecture variant'),
  },
  arity: { exactly: 2 },
  async run({ config }, { flags, args: [name = '', image = ''] }) {
    const list = readName(name, `annotate: error parsing name for manifest list ${name}`);
    const reference = readName(image, `annotate: error parsing name for manifest ${image}`);
    const lists = createLists(config);
    const found = await lists.get(list, reference);
    if (!found) throw new Error(`manifest for image ${image} does not exist in ${name}`);
    const platform = annotated(found.Descriptor.platform, flags);
    if (!isKnown(platform)) {
      throw new Error(`manifest entry for image has unsupported os/arch combination: ${flags.os}/${flags.arch}`);
    }
    await lists.put(list, reference, { ...found, Descriptor: { ...found.Descriptor, platform } });
    return 0;
  },
});

function isKnown({ os, architecture }: Platform): boolean {
  return (known[os] ?? '').split(' ').includes(architecture) && architecture !== '';
}

function annotated(
  platform: Platform,
  flags: { arch: string; os: string; 'os-features': string[]; 'os-version': string; variant: string },
): Platform {
  const features = [...new Set([...(platform['os.features'] ?? []), ...flags['os-features']])];
  return platformOf({
    ...platform,
    ...(flags.os && { os: flags.os }),
    ...(flags.arch && { architecture: flags.arch }),
    ...(flags['os-version'] && { 'os.version': flags['os-version'] }),
    ...(features.length > 0 && { 'os.features': features }),
    ...(flags.variant && { variant: flags.variant }),
  });
}
