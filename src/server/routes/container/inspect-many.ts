import type { Containers } from '../../../container/index.ts';
import { EngineError } from '../../../kit/index.ts';
import { type Handler, type Request, readJsonBody } from '../../request.ts';
import type { Route } from '../../router.ts';
import { shapeContainer } from '../../versions/container.ts';

/** So many are looked at before others get their turn. */
const atOnce = 8;
/** RFC 7464's mark before each text of a sequence. */
const mark = '\x1e';

/**
 * What tug's own command line asks when it inspects many: the names are the body, an array of JSON. The answer is a sequence of texts in
 * their order, as Docker's command line prints them within an array, or on one line with `line`; empty where no container has the name.
 */
export function inspectManyRoutes(containers: Containers): Route[] {
  return [['POST', '/tug/containers/inspect', inspectHandler(containers)]];
}

function inspectHandler(containers: Containers): Handler {
  return async (request) => {
    const names = namesOf(await readJsonBody(request));
    const [size, line] = [request.query.flag('size'), request.query.flag('line')];
    const sink = await request.reply.stream(200, { 'Content-Type': 'application/json-seq' });
    for (let at = 0; at < names.length && !request.gone.aborted; at += atOnce) {
      const some = names.slice(at, at + atOnce).map((name) => inspected(containers, request, { name, size }));
      const texts = (await Promise.all(some)).map((found) => `${mark}${found ? textOf(found, line) : ''}\n`);
      await sink.write(texts.join(''));
    }
    await sink.end();
  };
}

function namesOf(text: string): string[] {
  let names: unknown;
  try {
    names = JSON.parse(text);
  } catch (error) {
    throw new EngineError('invalid', 'the names are no JSON', error);
  }
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) {
    throw new EngineError('invalid', 'the names are no array of texts');
  }
  return names;
}

/** Undefined for what is refused: it is asked for again by itself, to be told why. */
async function inspected(containers: Containers, request: Request, { name, size }: { name: string; size: boolean }) {
  try {
    return shapeContainer(await containers.inspect(name, { size }), request.version);
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

/** Within an array each line stands four blanks further in. */
function textOf(found: object, line: boolean): string {
  return line ? JSON.stringify(found) : JSON.stringify([found], null, 4).slice('[\n    '.length, -'\n]'.length);
}
