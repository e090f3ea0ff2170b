import type { BuildVertex, BuildVertexLog } from '../../../../api/index.ts';
import type { Output } from '../../../stdio/output.ts';
import type { Display } from './display.ts';

interface Told {
  vertex: BuildVertex;
  index: number;
  /** What has been written of it. */
  headed: boolean;
  over: boolean;
  /** The last lines of what it said, for an error. */
  last: string[];
  /** A line that has not ended yet, by stream. */
  open: Map<number, string>;
}

interface Paper {
  out: Output;
  all: Map<string, Told>;
  count: number;
  /** What was written of last. */
  last: Told | undefined;
}

const kept = 30;

/** BuildKit's plain text: `#7 [2/3] RUN make`, what it says after `#7 0.141 `, `#7 DONE 0.2s`. */
export function createPlain(out: Output): Display {
  const paper: Paper = { out, all: new Map(), count: 1, last: undefined };
  void out.write('#0 building with tug\n\n');
  return {
    status({ vertexes = [], statuses = [], logs = [] }) {
      for (const vertex of vertexes) tellVertex(paper, vertex);
      for (const { vertex, id, completed, started = '' } of statuses) {
        const told = paper.all.get(vertex);
        if (told && completed) say(paper, told, `${id} ${seconds(started, completed)}s done`);
      }
      for (const log of logs) tellLog(paper, log);
    },
    async end(failure) {
      const failed = [...paper.all.values()].find(({ vertex }) => vertex.error !== undefined);
      if (failure && failed && failed.last.length > 0) {
        const said = failed.last.map((line) => `${line}\n`).join('');
        await out.write(`------\n > ${failed.vertex.name}:\n${said}------\n`);
      }
      if (failure && failure.shown !== '') await out.write(failure.shown);
      await out.flush();
    },
  };
}

function tellVertex(paper: Paper, vertex: BuildVertex): void {
  const fresh = { vertex, index: 0, headed: false, over: false, last: [], open: new Map() };
  const told = paper.all.get(vertex.digest) ?? fresh;
  told.vertex = { ...told.vertex, ...vertex };
  paper.all.set(vertex.digest, told);
  if (told.over || vertex.started === undefined) return;
  told.over = vertex.completed !== undefined || vertex.cached === true;
  if (vertex.cached) say(paper, told, 'CACHED');
  else if (vertex.completed === undefined) head(paper, told);
  else {
    flush(paper, told);
    const { error } = told.vertex;
    const took = `DONE ${seconds(vertex.started, vertex.completed)}s`;
    say(paper, told, error === undefined ? took : `ERROR: ${error}`);
  }
}

/** Says what is told of from here on, where that was another thing until now. */
function head(paper: Paper, told: Told): void {
  const { last, out } = paper;
  if (told.headed && last === told) return;
  if (last && last !== told) void out.write(last.over ? '\n' : `#${last.index} ...\n\n`);
  if (!told.headed) told.index = paper.count++;
  told.headed = true;
  paper.last = told;
  void out.write(`#${told.index} ${told.vertex.name}\n`);
}

function say(paper: Paper, told: Told, text: string): void {
  head(paper, told);
  void paper.out.write(`#${told.index} ${text}\n`);
}

function tellLog(paper: Paper, { vertex, stream, data, timestamp }: BuildVertexLog): void {
  const told = paper.all.get(vertex);
  if (!told) return;
  const lines = ((told.open.get(stream) ?? '') + Buffer.from(data, 'base64').toString()).split('\n');
  told.open.set(stream, lines.pop() ?? '');
  const at = seconds(told.vertex.started ?? timestamp, timestamp, 3);
  for (const line of lines) write(paper, told, `${at} ${line}`);
}

function write(paper: Paper, told: Told, line: string): void {
  say(paper, told, line);
  told.last.push(line);
  if (told.last.length > kept) told.last.shift();
}

/** What was said without a newline at its end. */
function flush(paper: Paper, told: Told): void {
  const at = seconds(told.vertex.started ?? '', told.vertex.completed ?? '', 3);
  for (const text of told.open.values()) if (text !== '') write(paper, told, `${at} ${text}`);
  told.open.clear();
}

function seconds(from: string, to: string, digits = 1): string {
  return (Math.max(Date.parse(to) - Date.parse(from), 0) / 1000).toFixed(digits);
}
