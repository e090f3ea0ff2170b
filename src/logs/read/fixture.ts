import { appendFileSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** A log as the container's monitor writes it, for tests: rotation renames from the oldest on, then a new file begins. */
export function createLogWriter(path: string, maxFiles: number) {
  writeFileSync(path, '');
  const numbered = (number: number): string => (number === 0 ? path : `${path}.${number}`);
  return {
    write(line: string, more: { stream?: string; time?: string } = {}): void {
      const { stream = 'stdout', time = '2026-01-02T03:04:05.000000006Z' } = more;
      appendFileSync(path, `${JSON.stringify({ log: line, stream, time })}\n`);
    },
    raw(text: string): void {
      appendFileSync(path, text);
    },
    rotate(): void {
      for (const form of ['', '.gz']) {
        rmSync(`${numbered(maxFiles - 1)}${form}`, { force: true });
        for (let number = maxFiles - 1; number > 0; number--) {
          const [from, to] = [`${numbered(number - 1)}${form}`, `${numbered(number)}${form}`];
          if (existsSync(from)) renameSync(from, to);
        }
      }
      writeFileSync(path, '');
    },
  };
}

/** As a program it writes and rotates as fast as told: path, lines, lines a file, files, milliseconds a file. */
async function main([path = '', lines, perFile, files, pause]: string[]): Promise<void> {
  const writer = createLogWriter(path, Number(files));
  for (let index = 0; index < Number(lines); index++) {
    writer.write(`${index}\n`);
    if (index % Number(perFile) !== Number(perFile) - 1) continue;
    await Bun.sleep(Number(pause));
    writer.rotate();
  }
}

if (import.meta.main) await main(process.argv.slice(2));
