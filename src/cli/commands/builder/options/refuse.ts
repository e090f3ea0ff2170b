import type { Values } from '../../../flags/index.ts';
import { readAttributes } from './attributes.ts';
import type { buildFlags } from './flags.ts';

type Flags = Values<typeof buildFlags>;

/** Refuses what would have no effect, or none that is true. */
export function refuseUntrue(flags: Flags): void {
  refuseAttestations(flags);
  if (flags.annotation.length > 0) throw new Error('annotations are not supported by this builder');
  if (!['', 'default'].includes(flags.builder)) throw new Error(`no builder ${JSON.stringify(flags.builder)} found`);
  if (flags.push && flags.tag.length === 0) throw new Error('tag is needed when pushing to registry');
  for (const one of flags.allow.flatMap((text) => text.split(','))) {
    if (!['network.host', 'security.insecure'].includes(one)) throw new Error(`unknown entitlement ${one}`);
  }
  for (const one of flags['add-host']) if (!/^[^:=]+[:=]./.test(one)) throw new Error(`invalid host ${one}`);
}

const off = (text: string): boolean => ['', 'false', '0'].includes(text);

/** None are made: that there shall be none can be said. */
function refuseAttestations({ attest, provenance, sbom }: Flags): void {
  const wanted = attest.map(readAttributes).some(({ disabled }) => disabled !== 'true');
  if (!wanted && off(provenance) && off(sbom)) return;
  throw new Error('Attestation is not supported for this builder.');
}
