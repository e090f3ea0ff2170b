import { Transform } from 'node:stream';
import { frame } from '../../api/index.ts';

/**
 * What brings a process's output into the form that the start of an exec asked for, where the exec itself was created in the
 * other: `framed` puts a terminal's bytes into frames of stdout, otherwise frames are taken apart and their bytes mixed.
 */
export function createRecoder(framed: boolean): Transform {
  return framed ? framer() : unframer();
}

function framer(): Transform {
  return new Transform({ transform: (chunk: Buffer, _, done) => done(null, frame('stdout', chunk)) });
}

function unframer(): Transform {
  let held: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _, done) {
      held = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
      while (held.length >= 8 && held.length >= 8 + held.readUInt32BE(4)) {
        const end = 8 + held.readUInt32BE(4);
        this.push(held.subarray(8, end));
        held = held.subarray(end);
      }
      done();
    },
  });
}
