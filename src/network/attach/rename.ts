import type { Tx } from '../../store/index.ts';
import { placeRows } from '../records/place.ts';
import type { State } from '../state.ts';

/** Networks.rename */
export function rename(state: State, containerId: string, name: string): { record(tx: Tx): void; apply(): void } {
  const place = state.places.get(containerId);
  if (!place) return { record: () => undefined, apply: () => undefined };
  const endpoints = place.endpoints.map((endpoint) => {
    const names = endpoint.names?.map((known) => (known === place.name ? name : known)) ?? null;
    return { ...endpoint, names };
  });
  const renamed = { ...place, name, endpoints };
  return {
    record: (tx) => tx.collection(placeRows).put(containerId, renamed),
    apply: () => void state.places.set(containerId, renamed),
  };
}
