/** What a seccomp filter looks at. */
export interface SeccompData {
  number: number;
  audit: number;
  args: bigint[];
}

/** Runs a classic BPF program over a system call as the kernel would; throws where the kernel's verifier would refuse it. */
export function runFilter(program: Uint8Array, data: SeccompData): number {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const words = memory(data);
  let accumulator = 0;
  for (let at = 0; at < program.byteLength / 8; at++) {
    const code = view.getUint16(at * 8, true);
    const k = view.getUint32(at * 8 + 4, true);
    const branch = (holds: boolean) => view.getUint8(at * 8 + (holds ? 2 : 3));
    if (code === 0x06) return k;
    if (code === 0x20) accumulator = load(words, k);
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (code === 0x05) at += k;
    else if (code === 0x15) at += branch(accumulator === k);
    else if (code === 0x25) at += branch(accumulator > k);
    else if (code === 0x35) at += branch(accumulator >= k);
    else if (code === 0x45) at += branch((accumulator & k) !== 0);
    else throw new Error(`instruction ${at}: unknown code ${code}`);
  }
  throw new Error('the program ends without a verdict');
}

function memory({ number, audit, args }: SeccompData): Uint32Array {
  const words = new Uint32Array(16);
  words[0] = number;
  words[1] = audit;
  args.forEach((value, index) => {
    words[4 + index * 2] = Number(value & 0xffff_ffffn);
    words[5 + index * 2] = Number((value >> 32n) & 0xffff_ffffn);
  });
  return words;
}

function load(words: Uint32Array, offset: number): number {
  const word = words[offset / 4];
  if (word === undefined) throw new Error(`load from ${offset}`);
  return word;
}
