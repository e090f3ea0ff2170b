export { type Bus, connectBus, matchSignals } from './connection.ts';
export { type BusMessage, decodeMessage, encodeMessage } from './message.ts';
export type { BusValue } from './values.ts';
