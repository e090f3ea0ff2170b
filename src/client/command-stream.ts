import type { ByteStream } from './byte-stream.ts';

/** Starts a program and speaks through its standard input and output; its error output is the user's. */
export function openCommand(command: string[]): ByteStream {
  const child = Bun.spawn(command, { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' });
  const reader = child.stdout.getReader();
  const held: Uint8Array[] = [];
  return {
    async read() {
      const first = held.shift();
      if (first) return first;
      const { value } = await reader.read();
      return value;
    },
    unread(bytes) {
      if (bytes.length > 0) held.unshift(bytes);
    },
    async write(bytes) {
      child.stdin.write(bytes);
      await child.stdin.flush();
    },
    closeWrite() {
      void child.stdin.end();
    },
    destroy() {
      child.kill();
    },
  };
}
