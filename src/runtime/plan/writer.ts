import { EngineError } from '../../kit/index.ts';

/** Collects little-endian binary data; every call returns the writer. */
export interface Writer {
  u16(value: number): Writer;
  /** Negative numbers in two's complement. */
  u32(value: number): Writer;
  u64(value: number | bigint): Writer;
  flag(value: boolean): Writer;
  raw(bytes: Uint8Array): Writer;
  /** Length u32 and the bytes. */
  bytes(value: Uint8Array): Writer;
  /** Length u32, UTF-8 and a NUL. */
  text(value: string): Writer;
  texts(values: string[]): Writer;
  /** Leaves a u32 open; the returned call fills it. */
  hole(): (value: number) => void;
  length(): number;
  finish(): Uint8Array;
}

export function createWriter(): Writer {
  let buffer = Buffer.alloc(16384);
  let at = 0;
  const place = (size: number, fill: (offset: number) => void): Writer => {
    if (at + size > buffer.length) buffer = Buffer.concat([buffer], (at + size) * 2);
    fill(at);
    at += size;
    return writer;
  };
  const writer: Writer = {
    u16: (value) => place(2, (offset) => buffer.writeUInt16LE(value, offset)),
    u32: (value) => place(4, (offset) => buffer.writeUInt32LE(value >>> 0, offset)),
    u64: (value) => place(8, (offset) => buffer.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), offset)),
    flag: (value) => place(1, (offset) => buffer.writeUInt8(value ? 1 : 0, offset)),
    raw: (bytes) => place(bytes.length, (offset) => buffer.set(bytes, offset)),
    bytes: (value) => writer.u32(value.length).raw(value),
    text: (value) => {
      if (value.includes('\0')) throw new EngineError('invalid', `a NUL in ${JSON.stringify(value)}`);
      const bytes = Buffer.from(value);
      return writer.bytes(bytes).flag(false);
    },
    texts: (values) => {
      writer.u32(values.length);
      for (const value of values) writer.text(value);
      return writer;
    },
    hole: () => {
      const offset = at;
      writer.u32(0);
      return (value) => buffer.writeUInt32LE(value, offset);
    },
    length: () => at,
    finish: () => buffer.subarray(0, at),
  };
  return writer;
}
