import type { JSONMessage } from '../../api/index.ts';
import type { Reference } from '../../oci/index.ts';
import type { Repository } from '../../registry/index.ts';
import type { Context } from '../context.ts';
import type { Slots } from '../transfer/slots.ts';
import type { PushedLayers } from './pushed.ts';

/** What all parts of one push work with. */
export interface Pushing {
  context: Context;
  repository: Repository;
  name: Reference;
  slots: Slots;
  pushed: PushedLayers;
  signal: AbortSignal;
  emit: (message: JSONMessage) => void;
}
