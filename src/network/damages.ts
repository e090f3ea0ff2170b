import type { Damage } from '../kit/index.ts';
import { release } from './attach/attach.ts';
import { placeRows } from './records/place.ts';
import { type NetworkRecord, networkRows } from './records/record.ts';
import type { State } from './state.ts';

/** Networks as they are in use against what is written down, and endpoints of what is gone. */
export function* networkDamages(state: State): Generator<Damage> {
  const written = new Set(state.store.view((tx) => tx.collection(networkRows).all()).map(({ id }) => id));
  for (const record of state.records.all()) if (!written.has(record.id)) yield lostNetwork(state, record);
  const known = new Set(state.records.all().map(({ id }) => id));
  for (const id of written) if (!known.has(id)) yield unusedNetwork(state, id);
  const places = state.store.view((tx) => tx.collection(placeRows).all());
  for (const { id, document } of places) {
    // A container always holds its image.
    if (state.store.view(({ refs }) => refs.targetsOf(`container:${id}`)).length === 0) yield lostPlace(state, id);
    for (const { networkId, network } of document.endpoints) {
      if (known.has(networkId)) continue;
      yield { subject: `container ${id}`, problem: `runs on the network ${network}, which is gone: restart it` };
    }
  }
}

function lostNetwork(state: State, record: NetworkRecord): Damage {
  const repair = () => {
    state.records.put(record);
    return 'written down again';
  };
  return { subject: `network ${record.name}`, problem: 'is in use and not written down', repair };
}

function unusedNetwork(state: State, id: string): Damage {
  const repair = () => {
    state.store.update((tx) => tx.collection(networkRows).delete(id));
    return 'removed';
  };
  return { subject: `network ${id}`, problem: 'is written down and not there', repair };
}

function lostPlace(state: State, id: string): Damage {
  const repair = () => {
    release(state, id);
    state.store.update((tx) => tx.collection(placeRows).delete(id));
    return 'removed';
  };
  return { subject: `endpoint of container ${id}`, problem: 'its container is gone', repair };
}
