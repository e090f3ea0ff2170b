import { listSize } from '../format/bytes.ts';
import type { Output } from '../stdio/output.ts';
import { stderrIsTerminal } from '../stdio/terminal.ts';

const interval = 75;

/** Counts the bytes of a copy and shows them moving, where there is a terminal to show them on. */
export interface Progress {
  count(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** What goes another way counts as well. */
  add(bytes: number): void;
  /** Clears the moving line and says what was copied. */
  finish(where: string): Promise<void>;
}

/** Shows `header` and how much went by on stderr. */
export function showCopy(err: Output, header: string): Progress {
  let total = 0;
  let shown = -1;
  const draw = () => {
    if (total === shown) return;
    shown = total;
    void err.write(`\r\x1b[K${header}${listSize(total)}`);
  };
  const timer = stderrIsTerminal() ? setInterval(draw, interval) : undefined;
  return {
    async *count(bytes) {
      for await (const piece of bytes) {
        total += piece.length;
        yield piece;
      }
    },
    add(bytes) {
      total += bytes;
    },
    async finish(where) {
      clearInterval(timer);
      if (timer) await err.write('\r\x1b[K');
      await err.line(`Successfully copied ${listSize(total)} to ${where}`);
    },
  };
}
