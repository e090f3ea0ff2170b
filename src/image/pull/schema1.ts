import { EngineError } from '../../kit/index.ts';
import type { Reference } from '../../oci/index.ts';

/** Images of before 2016 are refused in Docker's words. */
export function schema1Refusal({ domain, path, tag, digest }: Reference): EngineError {
  const whole = `${domain}/${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
  const advice = `Suggest the author of ${whole} to upgrade the image to the OCI Format or Docker Image manifest v2, schema 2.`;
  return new EngineError(
    'invalid',
    `Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed. ${advice} More information at https://docs.docker.com/go/deprecated-image-specs/`,
  );
}
