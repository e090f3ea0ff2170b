import type { BuildVertex } from '../../../../api/index.ts';
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

const kept = 30;

/** BuildKit's plain text: `#7 [2/3] RUN make`, what it says after `#7 0.141 `, `#7 DONE 0.2s`. */
export function createPlain(out: Output): Display {
  const all = new Map<string, Told>();
  let count = 1;
  let last: Told | undefined;
  void out.write('#0 building with tug\n\n');

  function head(told: Told): void {
    if (told.headed && last === told) return;
    if (last && last !== told && !last.over) void out.write(`#${last.index} ...\n\n`);
    else if (last && last !== told) void out.write('\n');
    if (!told.headed) told.index = count++;
    told.headed = true;
    last = told;
    void out.write(`#${told.index} ${told.vertex.name}\n`);
  }

  function say(told: Told, text: string): void {
    head(told);
    void out.write(`#${told.index} ${text}\n`);
  }

  return {
    status({ vertexes = [], statuses = [], logs = [] }) {
      for (const vertex of vertexes) {
        const told = all.get(vertex.digest) ?? {
          vertex,
          index: 0,
          headed: false,
          over: false,
          last: [],
          open: new Map(),
        };
        told.vertex = { ...told.vertex, ...vertex };
        all.set(vertex.digest, told);
        if (told.over || vertex.started === undefined) continue;
        if (vertex.cached) say(told, 'CACHED');
        else if (vertex.completed === undefined) head(told);
        else {
          flush(told);
          const error = told.vertex.error;
          say(told, error === undefined ? `DONE ${seconds(vertex.started, vertex.completed)}s` : `ERROR: ${error}`);
        }
        told.over = vertex.completed !== undefined || vertex.cached === true;
      }
      for (const { vertex, id, completed, started = '' } of statuses) {
        const told = all.get(vertex);
        if (told && completed) say(told, `${id} ${seconds(started, completed)}s done`);
      }
      for (const { vertex, stream, data, timestamp } of logs) {
        const told = all.get(vertex);
        if (told) tell(told, { stream, text: Buffer.from(data, 'base64').toString(), timestamp });
      }
    },
    async end(failure) {
      const failed = [...all.values()].find(({ vertex }) => vertex.error !== undefined);
      if (failure && failed && failed.last.length > 0) {
        await out.write(
          `------\n > ${failed.vertex.name}:\n${failed.last.map((line) => `${line}\n`).join('')}------\n`,
        );
      }
      if (failure && failure.shown !== '') await out.write(failure.shown);
      await out.flush();
    },
  };

  function tell(told: Told, log: { stream: number; text: string; timestamp: string }): void {
    const lines = ((told.open.get(log.stream) ?? '') + log.text).split('\n');
    told.open.set(log.stream, lines.pop() ?? '');
    const at = seconds(told.vertex.started ?? log.timestamp, log.timestamp, 3);
    for (const line of lines) write(told, `${at} ${line}`);
  }

  function write(told: Told, line: string): void {
    say(told, line);
    told.last.push(line);
    if (told.last.length > kept) told.last.shift();
  }

  function flush(told: Told): void {
    const at = seconds(told.vertex.started ?? '', told.vertex.completed ?? '', 3);
    for (const text of told.open.values()) if (text !== '') write(told, `${at} ${text}`);
    told.open.clear();
  }
}

function seconds(from: string, to: string, digits = 1): string {
  return (Math.max(Date.parse(to) - Date.parse(from), 0) / 1000).toFixed(digits);
}
