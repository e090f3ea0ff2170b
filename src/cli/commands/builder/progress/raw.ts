import type { Output } from '../../../stdio/output.ts';
import type { Display } from './display.ts';

/** Each message as it comes, one JSON a line. */
export function createRaw(out: Output): Display {
  return { status: (status) => void out.line(JSON.stringify(status)), end: async () => undefined };
}
