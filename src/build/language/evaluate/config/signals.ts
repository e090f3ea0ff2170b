import { DockerfileError } from '../../error.ts';

const names =
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX'
    .split(' ')
    .concat(Array.from({ length: 15 }, (_, more) => `RTMIN+${more + 1}`))
    .concat(Array.from({ length: 14 }, (_, less) => `RTMAX-${less + 1}`));

/** The signal as it is written, if it is one of Linux by number (not 0) or name, with or without `SIG`. */
export function parseSignal(text: string): string {
  const isNumber = /^[-+]?\d+$/.test(text);
  const isSignal = isNumber ? Number(text) !== 0 : names.includes(text.toUpperCase().replace(/^SIG/, ''));
  if (!isSignal) throw new DockerfileError(`invalid signal: ${text}`);
  return text;
}
