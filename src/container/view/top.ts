import type { ContainerTopResponse } from '../../api/index.ts';
import { runProgram, type Said } from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import { restarting } from '../life/pause.ts';
import { resolve } from '../lookup.ts';

/** See Containers.top. */
export async function top(context: Context, reference: string, psArgs: string): Promise<ContainerTopResponse> {
  const args = psArgs === '' ? '-ef' : psArgs;
  refuseOtherPids(args);
  const row = resolve(context.store, reference);
  const run = context.runs.get(row.id);
  if (row.state === 'restarting') throw restarting(row);
  if (!run) throw new EngineError('conflict', `container ${row.id} is not running`);
  const pids = await run.process.pids();
  const listed = parseProcesses(await ps(args.split(' '), pids), new Set(pids));
  context.events.publish(row, 'top');
  return listed;
}

/** A column that only calls itself PID would let other processes of the host through. */
function refuseOtherPids(args: string): void {
  for (const [, column = '', title = ''] of args.matchAll(/\s+(\S*)=\s*(PID\S*)/g)) {
    if (column !== 'pid') throw new EngineError('internal', `specifying "${column}=${title}" is not allowed`);
  }
}

async function ps(args: string[], pids: number[]): Promise<string> {
  // Some options do not go together with a choice of processes.
  let said = await run(['ps', ...args, `-q${pids.join(',')}`]);
  if (said.code !== 0) said = await run(['ps', ...args]);
  if (said.code === 0) return said.stdout;
  const [why = ''] = said.stderr.split('\n');
  throw new EngineError('internal', `ps: ${why || `exit status ${said.code}`}`);
}

async function run(command: string[]): Promise<Said> {
  const said = await runProgram(command);
  if (!said) throw new EngineError('internal', 'ps: exec: "ps": executable file not found in $PATH');
  return said;
}

/** The lines of a process list that belong to `pids`; the last column takes whatever is left of a line. */
export function parseProcesses(output: string, pids: Set<number>): ContainerTopResponse {
  const [head = '', ...lines] = output.split('\n');
  const Titles = wordsOf(head);
  const column = Titles.indexOf('PID');
  if (column === -1) throw new EngineError('internal', "Couldn't find PID field in ps output");
  const Processes: string[][] = [];
  let ours = false;
  for (const line of lines.filter((line) => line !== '')) {
    const words = wordsOf(line);
    const pid = words[column] ?? '';
    // A thread's line says `-` and belongs to the process above it.
    if (pid !== '-') ours = pids.has(pidOf(pid));
    if (ours) Processes.push([...words.slice(0, Titles.length - 1), words.slice(Titles.length - 1).join(' ')]);
  }
  return { Titles, Processes };
}

function pidOf(word: string): number {
  if (/^\d+$/.test(word)) return Number(word);
  throw new EngineError(
    'internal',
    `Unexpected pid '${word}': strconv.Atoi: parsing ${JSON.stringify(word)}: invalid syntax`,
  );
}

const wordsOf = (line: string): string[] => line.split(/[\t\n\v\f\r ]+/).filter((word) => word !== '');
