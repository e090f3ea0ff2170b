import { must, run, until } from './command.ts';

/** A program in a real terminal, driven as a person would. */
export interface Terminal {
  /** Types text as it stands. */
  type(text: string): Promise<void>;
  /** Presses keys by tmux's names: `Enter`, `C-p`. */
  press(...keys: string[]): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  screen(): Promise<string>;
  /** Waits until the screen matches. */
  shows(pattern: RegExp, timeout?: number): Promise<string>;
  close(): Promise<void>;
}

let serial = 0;

/** Opens a terminal of 80 × 24 that runs a shell command line; the terminal stays after its end and then shows `[exit N]`. */
export async function openTerminal(command: string, env: Record<string, string> = {}): Promise<Terminal> {
  const server = `tug-${process.pid}-${serial++}`;
  const tmux = (...args: string[]) =>
    must(['tmux', '-L', server, '-f', '/dev/null', ...args], { env: { TERM: 'xterm', ...env } });
  await tmux('new-session', '-d', '-x', '80', '-y', '24', `${command}; echo "[exit $?]"; exec sleep 600`);
  const screen = () => tmux('capture-pane', '-p', '-J');
  return {
    screen,
    type: async (text) => {
      await tmux('send-keys', '-l', text);
    },
    press: async (...keys) => {
      await tmux('send-keys', ...keys);
    },
    resize: async (columns, rows) => {
      await tmux('resize-window', '-x', String(columns), '-y', String(rows));
    },
    async shows(pattern, timeout = 10_000) {
      let last = '';
      try {
        return await until(
          `the screen to show ${pattern}`,
          async () => {
            last = await screen();
            return pattern.test(last) ? last : undefined;
          },
          timeout,
        );
      } catch (error) {
        throw new Error(`${(error as Error).message}\n--- screen:\n${last}`, { cause: error });
      }
    },
    async close() {
      await run(['tmux', '-L', server, 'kill-server']);
    },
  };
}
