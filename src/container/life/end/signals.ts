import { EngineError } from '../../../kit/index.ts';
import { signalNumber } from '../../spec/index.ts';

/** The number of `TERM`, `SIGTERM`, `15` or `RTMIN+3`; Docker's words for what is none. */
export function parseSignal(text: string): number {
  const number = signalNumber(text);
  if (number !== undefined) return number;
  const unsupported = /^\d+$/.test(text) && Number(text) > 0;
  throw new EngineError(
    'invalid',
    unsupported ? `the linux daemon does not support signal ${text}` : `invalid signal: ${text}`,
  );
}
