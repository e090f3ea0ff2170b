import { type JSONMessage, type Progress, progressBar } from '../../api/index.ts';
import { CliError } from '../command.ts';
import { formatGoDuration } from '../format/duration.ts';
import type { Output } from './output.ts';

type Message = JSONMessage & {
  error?: string;
  stream?: string;
  from?: string;
  progress?: string;
  aux?: unknown;
  progressDetail?: Progress;
};

/** Shows a stream of the engine's progress messages: bars that move on a terminal, lines elsewhere. An error among them is thrown. */
export async function showProgress(body: AsyncIterable<Uint8Array>, out: Output | undefined): Promise<void> {
  const { stdoutIsTerminal, windowSize } = await import('./terminal.ts');
  const columns = stdoutIsTerminal() ? (windowSize()?.columns ?? 200) : undefined;
  const screen = out && createScreen(out, columns);
  const decoder = new TextDecoder();
  let rest = '';
  const take = async (line: string) => {
    if (line.trim() === '') return;
    const message = JSON.parse(line) as Message;
    const fault = message.errorDetail?.message ?? message.error;
    if (message.errorDetail?.code === 401) throw new CliError('authentication is required');
    if (fault) throw new CliError(fault, message.errorDetail?.code || 1);
    if (message.aux === undefined) await screen?.(message);
  };
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) await take(line);
  }
  await take(rest);
}

/** Draws messages one after another; `columns` is the terminal's width, nothing where there is none. */
function createScreen(out: Output, columns: number | undefined) {
  let places = new Map<string, number>();
  return async (message: Message): Promise<void> => {
    const { id = '', progressDetail } = message;
    const text = lineOf(message, columns);
    // Only lines that come one after another can be drawn over.
    if (id === '' || (!progressDetail && !message.progress)) {
      places = new Map();
      return out.write(text);
    }
    let up = '';
    if (!places.has(id)) {
      places.set(id, places.size);
      up = '\n';
    }
    const rows = places.size - (places.get(id) ?? 0);
    await out.write(columns === undefined ? text : `${up}\x1b[${rows}A${text}\x1b[${rows}B`);
  };
}

function lineOf(
  { id, from, status = '', stream = '', progress, progressDetail }: Message,
  columns: number | undefined,
): string {
  const bar = progressDetail ? barOf(progressDetail, columns ?? 200) : '';
  const moves = columns !== undefined && stream === '' && progressDetail !== undefined;
  // A bar is for terminals; elsewhere a line says each step once.
  if (!moves && bar !== '') return '';
  const [start, end] = moves ? ['\x1b[2K\r', '\r'] : ['', ''];
  const head = `${start}${id ? `${id}: ` : ''}${from ? `(from ${from}) ` : ''}`;
  if (progressDetail && columns !== undefined) return `${head}${status} ${bar}${end}`;
  if (progress) return `${head}${status} ${progress}${end}`;
  return stream ? `${head}${stream}${end}` : `${head}${status}${end}\n`;
}

/** A bar, on a terminal with the time that is left. */
function barOf(progress: Progress, columns: number): string {
  const { current = 0, total = 0, start = 0 } = progress;
  const isMoving = columns > 50 && current > 0 && start > 0 && current < total;
  return progressBar(progress, columns) + (isMoving ? timeLeft(current, total, start) : '');
}

function timeLeft(current: number, total: number, start: number): string {
  const perUnit = (Date.now() / 1000 - start) / current;
  return ` ${formatGoDuration(Math.round((total - current) * perUnit) * 1e9)}`;
}
