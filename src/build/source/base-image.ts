import type { StackLayer } from '../../image/index.ts';
import type { ImageConfig } from '../../oci/index.ts';

/** What a stage starts from: its layers are here, lowest first. */
export interface BaseImage {
  config: ImageConfig;
  layers: StackLayer[];
}
