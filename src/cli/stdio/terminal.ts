import { isatty, WriteStream } from 'node:tty';
import { CliError } from '../command.ts';

/** Whether the program's standard input is a terminal. */
export function stdinIsTerminal(): boolean {
  return isatty(0);
}

/** Whether the program's standard output is a terminal. */
export function stdoutIsTerminal(): boolean {
  return isatty(1);
}

/** The width of the terminal on stdin, where Docker looks for it to lay help out; 80 when it is none. */
export function inputColumns(): number {
  if (!stdinIsTerminal()) return 80;
  const { columns } = new WriteStream(0);
  return columns > 0 ? columns : 80;
}

/** Whether the program's standard error is a terminal. */
export function stderrIsTerminal(): boolean {
  return isatty(2);
}

/** The size of the terminal on stdout, if it is one. */
export function windowSize(): { rows: number; columns: number } | undefined {
  if (!stdoutIsTerminal()) return undefined;
  const [columns = 0, rows = 0] = process.stdout.getWindowSize();
  return columns > 0 && rows > 0 ? { rows, columns } : undefined;
}

/** Makes the terminal raw: every key goes through. Returns the call that restores it; it is restored at exit in any case. */
export function makeRaw(): () => void {
  if (!stdinIsTerminal()) return () => undefined;
  let raw = true;
  const restore = () => {
    if (raw) process.stdin.setRawMode(false);
    raw = false;
  };
  process.stdin.setRawMode(true);
  process.on('exit', restore);
  return restore;
}

/** Refuses a container's terminal when there is none here, in Docker's words. */
export function checkTerminal(attachStdin: boolean, tty: boolean): void {
  if (attachStdin && tty && !stdinIsTerminal()) throw new CliError('the input device is not a TTY');
}
