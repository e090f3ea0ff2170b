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

export function createClassic(emit: (message: Message) => void): Classic {
  let steps: PlannedStep[] = [];
  let next = 0;
  let planned = false;
  const vertices = new Map<string, BuildVertex>();
  const logs = new Map<string, string[]>();
  const say = (stream: string): void => emit({ stream });

  function head(index: number): void {
    say(`Step ${index + 1}/${steps.length} : ${steps[index]?.text ?? ''}`);
    say('\n');
  }

  /** Whether all that is known of the next layer step says that what only changes the config was there already, too. */
  function wasThere(index: number): boolean | undefined {
    const following = steps.slice(index).find(({ vertex }) => vertex !== undefined)?.vertex;
    const vertex = following === undefined ? undefined : vertices.get(following);
    return vertex?.cached ?? (vertex?.started === undefined ? undefined : false);
  }

  /** Says all that can be said in order. */
  function advance(known?: boolean): void {
    for (; next < steps.length; next++) {
      const { vertex: digest } = steps[next] ?? {};
      if (digest === undefined) {
        const cached = wasThere(next) ?? known;
        if (cached === undefined) return;
        head(next);
        tellConfig(next, cached);
        continue;
      }
      if (!tellVertex(next, digest)) return;
    }
  }

  function tellConfig(index: number, cached: boolean): void {
    const id = shortOf(`${index} ${steps[index]?.text ?? ''}`);
    if (cached && index > 0) say(' ---> Using cache\n');
    else if (index > 0) {
      say(` ---> Running in ${id}\n`);
      say(` ---> Removed intermediate container ${id}\n`);
    }
    say(` ---> ${id}\n`);
  }

  const headed = new Set<number>();

  function tellVertex(index: number, digest: string): boolean {
    const vertex = vertices.get(digest);
    if (!vertex?.started) return false;
    const isRun = /^run\s/i.test(steps[index]?.text ?? '');
    if (!headed.has(index)) {
      headed.add(index);
      head(index);
      if (isRun && !vertex.cached) say(` ---> Running in ${shortId(digest)}\n`);
    }
    for (const text of logs.get(digest)?.splice(0) ?? []) say(text);
    if (!vertex.completed || vertex.error !== undefined) return false;
    if (vertex.cached) say(' ---> Using cache\n');
    else if (isRun) say(` ---> Removed intermediate container ${shortId(digest)}\n`);
    say(` ---> ${shortId(digest)}\n`);
    return true;
  }

  return {
    get planned() {
      return planned;
    },
    plan(known) {
      steps = known;
      planned = true;
      advance();
    },
    status({ vertexes = [], logs: lines = [] }) {
      for (const vertex of vertexes) vertices.set(vertex.digest, { ...vertices.get(vertex.digest), ...vertex });
      for (const { vertex, stream, data } of lines) {
        const text = Buffer.from(data, 'base64').toString();
        const own = logs.get(vertex) ?? [];
        own.push(stream === 2 ? `\u001b[91m${text}\u001b[0m` : text);
        logs.set(vertex, own);
      }
      if (planned) advance();
    },
    end({ id = '', known, names }) {
      advance(known);
      emit({ aux: { ID: id } });
      say(`Successfully built ${shortId(id)}\n`);
      for (const name of names) say(`Successfully tagged ${name}\n`);
    },
    failure(error) {
      advance(false);
      return commandFailure(error);
    },
  };
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
