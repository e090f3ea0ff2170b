// Classic BPF over struct seccomp_data { int nr; u32 arch; u64 ip; u64 args[6]; }, little-endian.

export const LOAD = 0x20; // A = the word at offset k
export const AND = 0x54; // A &= k
export const RETURN = 0x06; // the verdict k
export const JUMP = 0x05; // skip k instructions
export const IF_EQUAL = 0x15;
export const IF_GREATER = 0x25;
export const IF_AT_LEAST = 0x35;

export const NUMBER_AT = 0;
export const ARCHITECTURE_AT = 4;
/** The low word of an argument; the high one follows it. */
export const argumentAt = (index: number) => 16 + 8 * index;

export interface Instruction {
  code: number;
  k: number;
  /** How many instructions a conditional jump skips. */
  whenTrue?: number;
  whenFalse?: number;
}

export const load = (offset: number): Instruction => ({ code: LOAD, k: offset });
export const verdict = (value: number): Instruction => ({ code: RETURN, k: value });

/** `then` where A >= k, else `otherwise`; neither may fall through. */
export function branch(k: number, then: Instruction[], otherwise: Instruction[]): Instruction[] {
  return [...skip(IF_AT_LEAST, k, otherwise.length), ...otherwise, ...then];
}

/** `then` where A == k; falls through to what follows otherwise. */
export function when(k: number, then: Instruction[]): Instruction[] {
  if (then.length <= 255) return [{ code: IF_EQUAL, k, whenTrue: 0, whenFalse: then.length }, ...then];
  return [{ code: IF_EQUAL, k, whenTrue: 1, whenFalse: 0 }, { code: JUMP, k: then.length }, ...then];
}

// A conditional jump reaches 255 instructions, an unconditional one all of them.
function skip(code: number, k: number, count: number): Instruction[] {
  if (count <= 255) return [{ code, k, whenTrue: count, whenFalse: 0 }];
  return [
    { code, k, whenTrue: 0, whenFalse: 1 },
    { code: JUMP, k: count },
  ];
}

/** The program as the kernel takes it, 8 bytes an instruction. */
export function encode(program: readonly Instruction[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(program.length * 8));
  program.forEach(({ code, k, whenTrue = 0, whenFalse = 0 }, index) => {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, whenTrue);
    view.setUint8(index * 8 + 3, whenFalse);
    view.setUint32(index * 8 + 4, k, true);
  });
  return new Uint8Array(view.buffer);
}
