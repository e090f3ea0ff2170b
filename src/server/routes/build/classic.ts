import type { BuildStatus, BuildVertex } from '../../../api/index.ts';
import type { BuildOutcome, PlannedStep } from '../../../build/index.ts';
import { EngineError, messageOf, shortId } from '../../../kit/index.ts';

interface Message {
  stream?: string;
  aux?: { ID: string };
}

/** Tells of a build in the words of Docker's classic builder: one step after the other, in the order of the file. */
export interface Classic {
  /** The steps are known: what goes wrong from here on is said on the stream. */
  readonly planned: boolean;
  plan(steps: PlannedStep[]): void;
  status(status: BuildStatus): void;
  end(outcome: BuildOutcome): void;
  /** The message for a step that failed, if one did. */
  failure(error: unknown): object | undefined;
}

/** What has been told, and what there is to tell. */
interface Telling {
  emit(message: Message): void;
  steps: PlannedStep[];
  /** The step that is told of next. */
  next: number;
  planned: boolean;
  /** Its first line has been said. */
  headed: boolean;
  vertices: Map<string, BuildVertex>;
  logs: Map<string, string[]>;
}

export function createClassic(emit: (message: Message) => void): Classic {
  const telling: Telling = {
    emit,
    steps: [],
    next: 0,
    planned: false,
    headed: false,
    vertices: new Map(),
    logs: new Map(),
  };
  return {
    get planned() {
      return telling.planned;
    },
    plan(steps) {
      Object.assign(telling, { steps, planned: true });
      advance(telling);
    },
    status(status) {
      take(telling, status);
      if (telling.planned) advance(telling);
    },
    end({ id = '', known, names }) {
      advance(telling, known);
      emit({ aux: { ID: id } });
      emit({ stream: `Successfully built ${shortId(id)}\n` });
      for (const name of names) emit({ stream: `Successfully tagged ${name}\n` });
    },
    failure(error) {
      advance(telling, false);
      return commandFailure(error);
    },
  };
}

function take({ vertices, logs }: Telling, { vertexes = [], logs: lines = [] }: BuildStatus): void {
  for (const vertex of vertexes) vertices.set(vertex.digest, { ...vertices.get(vertex.digest), ...vertex });
  for (const { vertex, stream, data } of lines) {
    const text = Buffer.from(data, 'base64').toString();
    const own = logs.get(vertex) ?? [];
    own.push(stream === 2 ? `\u001b[91m${text}\u001b[0m` : text);
    logs.set(vertex, own);
  }
}

/** Says all that can be said in order. `known` is whether the image as a whole was there before. */
function advance(telling: Telling, known?: boolean): void {
  for (; telling.next < telling.steps.length; telling.next++) {
    const step = telling.steps[telling.next];
    const isTold = step?.vertex === undefined ? tellConfig(telling, known) : tellVertex(telling, step.vertex);
    if (!isTold) return;
    telling.headed = false;
  }
}

function head(telling: Telling): void {
  const { emit, steps, next } = telling;
  telling.headed = true;
  emit({ stream: `Step ${next + 1}/${steps.length} : ${steps[next]?.text ?? ''}` });
  emit({ stream: '\n' });
}

/** Whether the next step that makes a layer says that what only changes the config was there already, too. */
function wasThere({ steps, next, vertices }: Telling): boolean | undefined {
  const following = steps.slice(next).find(({ vertex }) => vertex !== undefined)?.vertex;
  const vertex = following === undefined ? undefined : vertices.get(following);
  return vertex?.cached ?? (vertex?.started === undefined ? undefined : false);
}

function tellConfig(telling: Telling, known: boolean | undefined): boolean {
  const { emit, steps, next } = telling;
  const cached = wasThere(telling) ?? known;
  if (cached === undefined) return false;
  head(telling);
  const id = shortOf(`${next} ${steps[next]?.text ?? ''}`);
  const running = [` ---> Running in ${id}\n`, ` ---> Removed intermediate container ${id}\n`];
  const said = next === 0 ? [] : cached ? [' ---> Using cache\n'] : running;
  for (const stream of [...said, ` ---> ${id}\n`]) emit({ stream });
  return true;
}

function tellVertex(telling: Telling, digest: string): boolean {
  const { emit, steps, next, vertices, logs } = telling;
  const vertex = vertices.get(digest);
  if (!vertex?.started) return false;
  const isRun = /^run\s/i.test(steps[next]?.text ?? '');
  if (!telling.headed) {
    head(telling);
    if (isRun && !vertex.cached) emit({ stream: ` ---> Running in ${shortId(digest)}\n` });
  }
  for (const stream of logs.get(digest)?.splice(0) ?? []) emit({ stream });
  if (!vertex.completed || vertex.error !== undefined) return false;
  if (vertex.cached) emit({ stream: ' ---> Using cache\n' });
  else if (isRun) emit({ stream: ` ---> Removed intermediate container ${shortId(digest)}\n` });
  emit({ stream: ` ---> ${shortId(digest)}\n` });
  return true;
}

/** A command that ended with a code is told of with it. */
function commandFailure(error: unknown): object | undefined {
  const found = /^process "(.*)" did not complete successfully: exit code: (\d+)$/s.exec(messageOf(error));
  if (!found || !(error instanceof EngineError)) return undefined;
  const [, command = '', code = '1'] = found;
  const message = `The command '${JSON.parse(`"${command}"`)}' returned a non-zero code: ${code}`;
  return { errorDetail: { code: Number(code), message }, error: message };
}

/** Twelve digits for what has no id of its own. */
function shortOf(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex').slice(0, 12);
}
