import type { Readable } from 'node:stream';
import { drain } from '../../runtime/index.ts';

/** Docker's bound for what a probe said. */
const most = 4096;
const header = 8;

/** The first of what a process says on both its streams, from an attachment's frames. */
export interface ProbeOutput {
  /** `...` stands for what was more than 4096 bytes. */
  text(): string;
  /** Reads on, also what is not kept, so that the process is never held up; resolves at the end. */
  drain(frames: Readable): Promise<void>;
}

export function createProbeOutput(): ProbeOutput {
  const kept: Buffer[] = [];
  let room = most;
  let cut = false;
  let skip = 0;
  let head: Buffer = Buffer.alloc(0);
  const keep = (payload: Buffer) => {
    if (payload.length > room) cut = true;
    if (room > 0 && payload.length > 0) kept.push(payload.subarray(0, room));
    room = Math.max(0, room - payload.length);
  };
  const take = (chunk: Buffer) => {
    let rest = chunk;
    while (rest.length > 0) {
      if (skip > 0) {
        keep(rest.subarray(0, skip));
        const taken = Math.min(skip, rest.length);
        skip -= taken;
        rest = rest.subarray(taken);
        continue;
      }
      const missing = header - head.length;
      head = Buffer.concat([head, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (head.length < header) return;
      skip = head.readUInt32BE(4);
      head = Buffer.alloc(0);
    }
  };
  return {
    text: () => `${Buffer.concat(kept).toString('utf8')}${cut ? '...' : ''}`,
    drain: (frames) => drain(frames, take),
  };
}
