import type { Collection, Store } from '../../store/index.ts';
import type { LogInfo } from '../options/info.ts';
import type { Position } from './backlog.ts';
import { noThread, type Thread } from './messages.ts';

/** A log that is passed on, for as long as it is written or not all of it has arrived. */
export interface Shipment {
  driver: string;
  info: LogInfo;
  path: string;
  /** Tells this shipment's messages from those of every other. */
  epoch: string;
  /** When its container was removed, in milliseconds since 1970; its files lie apart since. */
  left?: number;
}

/** Up to where it has arrived. */
export interface Cursor {
  position: Position;
  thread: Thread;
}

export const shipments: Collection<Shipment> = { name: 'shipments', indexes: {} };
export const cursors: Collection<Cursor> = { name: 'cursors', indexes: {} };

export const atBeginning: Cursor = { position: { file: '', offset: 0 }, thread: noThread };

/** What is written down of shipments, by the ids of their containers. */
export interface Shipments {
  all(): { id: string; shipment: Shipment }[];
  get(id: string): Shipment | undefined;
  cursor(id: string): Cursor;
  begin(id: string, shipment: Shipment, cursor: Cursor): void;
  change(id: string, shipment: Shipment): void;
  advance(id: string, cursor: Cursor): void;
  end(id: string): void;
}

/** Notes: a loss of power takes at most the last of them, and a line is sent again rather than lost. */
export function createShipments({ view, note }: Pick<Store, 'view' | 'note'>): Shipments {
  return {
    all: () => view((tx) => tx.collection(shipments).all()).map(({ id, document: shipment }) => ({ id, shipment })),
    get: (id) => view((tx) => tx.collection(shipments).get(id)),
    cursor: (id) => view((tx) => tx.collection(cursors).get(id)) ?? atBeginning,
    begin: (id, shipment, cursor) =>
      note((tx) => {
        tx.collection(shipments).put(id, shipment);
        tx.collection(cursors).put(id, cursor);
      }),
    change: (id, shipment) => note((tx) => tx.collection(shipments).put(id, shipment)),
    advance: (id, cursor) => note((tx) => tx.collection(cursors).put(id, cursor)),
    end: (id) =>
      note((tx) => {
        tx.collection(shipments).delete(id);
        tx.collection(cursors).delete(id);
      }),
  };
}
