import type { BuildVertex } from '../../../../api/index.ts';
import type { Output } from '../../../stdio/output.ts';
import type { Display } from './display.ts';

interface Told {
  vertex: BuildVertex;
  log: string[];
}

const lastLines = 6;
const everyMs = 80;

/** A tree that is drawn anew on a terminal: what is done, what is under way with the last it said. */
export function createTty(out: Output, columns: () => number): Display {
  const all = new Map<string, Told>();
  const began = Date.now();
  let drawn = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function draw(): void {
    timer = undefined;
    const lines = linesOf([...all.values()], began);
    const width = columns();
    const up = drawn > 0 ? `\u001b[${drawn}A` : '';
    drawn = lines.length;
    void out.write(`${up}\u001b[0J${lines.map((line) => `${cut(line, width)}\n`).join('')}`);
  }

  return {
    status({ vertexes = [], logs = [] }) {
      for (const vertex of vertexes) {
        const told = all.get(vertex.digest) ?? { vertex, log: [] };
        all.set(vertex.digest, { ...told, vertex: { ...told.vertex, ...vertex } });
      }
      for (const { vertex, data } of logs) {
        const told = all.get(vertex);
        if (told)
          told.log = [...told.log, ...Buffer.from(data, 'base64').toString().split('\n')].filter(Boolean).slice(-30);
      }
      timer ??= setTimeout(draw, everyMs);
    },
    async end(failure) {
      clearTimeout(timer);
      draw();
      const failed = [...all.values()].find(({ vertex }) => vertex.error !== undefined);
      if (failure && failed)
        await out.write(`------\n > ${failed.vertex.name}:\n${failed.log.map((line) => `${line}\n`).join('')}------\n`);
      if (failure && failure.shown !== '') await out.write(failure.shown);
      await out.flush();
    },
  };
}

function linesOf(all: Told[], began: number): string[] {
  const begun = all.filter(({ vertex }) => vertex.started !== undefined);
  const done = begun.filter(({ vertex }) => vertex.completed !== undefined).length;
  const whole = done === all.length ? ' FINISHED' : '';
  const lines = [`[+] Building ${((Date.now() - began) / 1000).toFixed(1)}s (${done}/${all.length})${whole}`];
  for (const { vertex, log } of begun) {
    const { name, cached, error, started = '', completed } = vertex;
    const mark = error !== undefined ? 'ERROR ' : cached ? 'CACHED ' : '';
    const end = completed === undefined ? Date.now() : Date.parse(completed);
    const color = error !== undefined ? 31 : completed === undefined ? 0 : 34;
    lines.push(`\u001b[${color}m => ${mark}${name}\u001b[0m ${((end - Date.parse(started)) / 1000).toFixed(1)}s`);
    if (completed === undefined) for (const line of log.slice(-lastLines)) lines.push(` => => # ${line}`);
  }
  return lines;
}

/** A line without the control characters of what a step says; colors of our own count nothing. */
function cut(line: string, width: number): string {
  const clean = [...line].filter((char) => char >= ' ' || char === '\u001b').join('');
  return clean.length > width + 9 ? clean.slice(0, width + 8) : clean;
}
