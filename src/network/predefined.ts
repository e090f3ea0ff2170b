import type { NetworkInspect } from '../api/index.ts';
import { EngineError, newId } from '../kit/index.ts';
import type { Store } from '../store/index.ts';
import {
  type BridgeFacts,
  type Endpoint,
  type Kind,
  type NetworkRecord,
  networkJson,
  networkRows,
} from './endpoints.ts';
import { networkFilter } from './filters.ts';

/** The networks that every engine has: bridge, host and none, with ids that stay. */
export interface Predefined {
  /** Makes the records at an engine's first start; returns what the bridge remembers. */
  prepare(): string | undefined;
  /** Writes the bridge's address and prefix down, if they are news. */
  remember(address: string): void;
  get(kind: Kind): NetworkRecord;
  list(filters: Record<string, string[]>, bridge: BridgeFacts): NetworkInspect[];
  inspect(reference: string, endpoints: Endpoint[], bridge: BridgeFacts): NetworkInspect;
}

const bridgeOnly = (record: NetworkRecord, bridge: BridgeFacts) => (record.name === 'bridge' ? bridge : undefined);

const drivers: Record<Kind, string> = { bridge: 'bridge', host: 'host', none: 'null' };

export function createPredefined(store: Store): Predefined {
  let records: NetworkRecord[] = [];

  const find = (reference: string): NetworkRecord => {
    const exact = records.find((record) => record.name === reference || record.id === reference);
    if (exact) return exact;
    const matching = reference === '' ? [] : records.filter((record) => record.id.startsWith(reference));
    if (matching.length > 1) {
      throw new EngineError(
        'invalid',
        `network ${reference} is ambiguous (${matching.length} matches found on ID prefix)`,
      );
    }
    const [only] = matching;
    if (!only) throw new EngineError('notFound', `network ${reference} not found`);
    return only;
  };

  return {
    prepare() {
      records = store.view((tx) => tx.collection(networkRows).all()).map(({ document }) => document);
      const missing = (Object.keys(drivers) as Kind[]).filter(
        (name) => !records.some((record) => record.name === name),
      );
      if (missing.length > 0) {
        const made = missing.map((name) => ({
          id: newId(),
          name,
          driver: drivers[name],
          created: new Date().toISOString(),
        }));
        store.update((tx) => {
          for (const record of made) tx.collection(networkRows).put(record.id, record);
        });
        records.push(...made);
      }
      return find('bridge').address;
    },
    remember(address) {
      const bridge = find('bridge');
      if (bridge.address === address) return;
      bridge.address = address;
      store.update((tx) => tx.collection(networkRows).put(bridge.id, bridge));
    },
    get: (kind) => find(kind),
    list: (filters, bridge) =>
      records.filter(networkFilter(filters)).map((record) => networkJson(record, [], bridgeOnly(record, bridge))),
    inspect(reference, endpoints, bridge) {
      const record = find(reference);
      const own = endpoints.filter((endpoint) => endpoint.network === record.name);
      return networkJson(record, own, bridgeOnly(record, bridge));
    },
  };
}
