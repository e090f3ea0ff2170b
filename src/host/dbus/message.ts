import { type BusValue, decodeValues, encodeValues, type Variant } from './values.ts';

export type MessageKind = 'call' | 'reply' | 'error' | 'signal';

/** A D-Bus message. */
export interface BusMessage {
  kind: MessageKind;
  serial: number;
  path?: string;
  interface?: string;
  member?: string;
  errorName?: string;
  replySerial?: number;
  destination?: string;
  sender?: string;
  signature?: string;
  body?: BusValue[];
}

const kinds: MessageKind[] = ['call', 'reply', 'error', 'signal'];
/** Header fields by their code, with their types. */
const fields = [
  [1, 'path', 'o'],
  [2, 'interface', 's'],
  [3, 'member', 's'],
  [4, 'errorName', 's'],
  [5, 'replySerial', 'u'],
  [6, 'destination', 's'],
  [7, 'sender', 's'],
  [8, 'signature', 'g'],
] as const;

const header = 'yyyyuua(yv)';
const LITTLE = 'l'.charCodeAt(0);
const largest = 128 << 20;

/** A message as it goes over the wire. */
export function encodeMessage(message: BusMessage): Buffer {
  const body = message.signature ? encodeValues(message.signature, message.body ?? []) : Buffer.alloc(0);
  const given = fields.flatMap(([code, name, signature]): BusValue[] => {
    const value = message[name];
    return value === undefined ? [] : [[code, { signature, value }]];
  });
  const kind = kinds.indexOf(message.kind) + 1;
  const head = encodeValues(header, [LITTLE, kind, 0, 1, body.length, message.serial, given]);
  return Buffer.concat([head, Buffer.alloc(pad(head.length)), body]);
}

const pad = (length: number): number => (8 - (length % 8)) % 8;

/** The first message of the bytes and how many it takes; undefined while it is not all there. Only little endian ones are read. */
export function decodeMessage(bytes: Buffer): { message: BusMessage; length: number } | undefined {
  if (bytes.length < 16) return undefined;
  if (bytes[0] !== LITTLE) throw new Error('a D-Bus message in big endian');
  const [bodyLength, fieldsLength] = [bytes.readUInt32LE(4), bytes.readUInt32LE(12)];
  const headLength = 16 + fieldsLength + pad(fieldsLength);
  if (headLength + bodyLength > largest) throw new Error('a D-Bus message too large');
  if (bytes.length < headLength + bodyLength) return undefined;
  const { values } = decodeValues(header, bytes.subarray(0, headLength));
  const [, kind, , , , serial, given] = values;
  const message: BusMessage = { kind: kinds[Number(kind) - 1] ?? 'signal', serial: Number(serial) };
  for (const [code, variant] of given as [number, Variant][]) {
    const name = fields.find(([known]) => known === code)?.[1];
    if (name) Object.assign(message, { [name]: variant.value });
  }
  const body = bytes.subarray(headLength, headLength + bodyLength);
  if (message.signature) message.body = decodeValues(message.signature, body).values;
  return { message, length: headLength + bodyLength };
}
