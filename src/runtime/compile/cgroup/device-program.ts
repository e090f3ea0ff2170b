import type { DeviceAccess, DeviceException } from './device-access.ts';

// eBPF: opcodes (class | operation | operand), registers 0 (result), 1 (context), 2 to 5 (type, access, major, minor).
const LOAD_WORD = 0x61;
const MOVE = 0xbf;
const MOVE_CONSTANT = 0xb7;
const AND_CONSTANT = 0x57;
const SHIFT_RIGHT = 0x77;
const JUMP_EQUAL = 0x15;
const JUMP_NOT_EQUAL = 0x55;
const JUMP_NOT_EQUAL_REGISTER = 0x5d;
const EXIT = 0x95;

const kinds = { b: 1, c: 2 };
const accesses: Record<string, number> = { m: 1, r: 2, w: 4 };

interface Instruction {
  code: number;
  to?: number;
  from?: number;
  offset?: number;
  constant?: number;
}

/** The program of type BPF_PROG_TYPE_CGROUP_DEVICE that answers 1 for what may be done and 0 for what may not. */
export function deviceProgram({ allowed, exceptions }: DeviceAccess): Uint8Array {
  const program: Instruction[] = [
    { code: LOAD_WORD, to: 2, from: 1, offset: 0 },
    { code: MOVE, to: 3, from: 2 },
    { code: AND_CONSTANT, to: 2, constant: 0xffff },
    { code: SHIFT_RIGHT, to: 3, constant: 16 },
    { code: LOAD_WORD, to: 4, from: 1, offset: 4 },
    { code: LOAD_WORD, to: 5, from: 1, offset: 8 },
    ...exceptions.flatMap((exception) => answer(exception, allowed)),
    { code: MOVE_CONSTANT, to: 0, constant: allowed ? 1 : 0 },
    { code: EXIT },
  ];
  return encode(program);
}

/** Answers the opposite of `allowed` if the request falls under the exception, else falls through. */
function answer({ type, major, minor, access }: DeviceException, allowed: boolean): Instruction[] {
  const mask = [...access].reduce((bits, letter) => bits | (accesses[letter] ?? 0), 0);
  const verdict: Instruction[] = [{ code: MOVE_CONSTANT, to: 0, constant: allowed ? 0 : 1 }, { code: EXIT }];
  // An allowance must cover all of the request, a denial only some of it.
  const covers: Instruction[] = [
    { code: MOVE, to: 0, from: 3 },
    { code: AND_CONSTANT, to: 0, constant: mask },
    allowed ? { code: JUMP_EQUAL, to: 0, constant: 0 } : { code: JUMP_NOT_EQUAL_REGISTER, to: 0, from: 3 },
  ];
  const tests: Instruction[] = [
    { code: JUMP_NOT_EQUAL, to: 2, constant: kinds[type] },
    ...(mask === 7 ? [] : covers),
    ...(major === -1 ? [] : [{ code: JUMP_NOT_EQUAL, to: 4, constant: major }]),
    ...(minor === -1 ? [] : [{ code: JUMP_NOT_EQUAL, to: 5, constant: minor }]),
  ];
  const block = [...tests, ...verdict];
  const jumps = new Set([JUMP_EQUAL, JUMP_NOT_EQUAL, JUMP_NOT_EQUAL_REGISTER]);
  return block.map((instruction, index) =>
    jumps.has(instruction.code) ? { ...instruction, offset: block.length - index - 1 } : instruction,
  );
}

function encode(program: Instruction[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(program.length * 8));
  program.forEach(({ code, to = 0, from = 0, offset = 0, constant = 0 }, index) => {
    bytes.setUint8(index * 8, code);
    bytes.setUint8(index * 8 + 1, (from << 4) | to);
    bytes.setInt16(index * 8 + 2, offset, true);
    bytes.setInt32(index * 8 + 4, constant, true);
  });
  return new Uint8Array(bytes.buffer);
}
