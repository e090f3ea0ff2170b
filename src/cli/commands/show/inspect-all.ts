import { CliError, type Context } from '../../command.ts';
import { errorText } from '../../error-text.ts';
import { indentJson, parseJson } from '../../format/json.ts';
import { compileTemplate, type Shape, shaped, TemplateError } from '../../template/index.ts';

/** One thing's JSON text, and what it is in Go where that is known. */
export interface Found {
  text: string;
  /** The text is laid out already as it is shown without a format. */
  isLaidOut?: boolean;
  shape?: Shape | undefined;
}

/** Shows what `fetch` gives as JSON for each name, as an array or through a template; what is missing is told at the end. */
export async function inspectAll(
  context: Pick<Context, 'out' | 'err'>,
  names: string[],
  format: string,
  fetch: (name: string) => Promise<Found>,
): Promise<number> {
  const found: string[] = [];
  const failures: string[] = [];
  const show = shaper(format);
  const coming = ahead(names, fetch);
  for (const _ of names) {
    try {
      found.push(show(await coming()));
    } catch (error) {
      failures.push(errorText(error));
      if (error instanceof TemplateError) break;
    }
  }
  if (format === '') await context.out.line(found.length > 0 ? `[\n    ${found.join(',\n    ')}\n]` : '[]');
  else if (format === 'json') await context.out.line(`[${found.join(',')}]`);
  else if (found.length > 0) await context.out.line(found.join('\n'));
  else await context.out.line('');
  await context.out.flush();
  for (const failure of failures) await context.err.line(failure);
  return failures.length > 0 ? 1 : 0;
}

/** As many are asked for at a time: one is shown while the engine answers for others. */
const atOnce = 4;

/** Each call gives the next name's answer, in order; those after it are under way by then. */
function ahead(names: string[], fetch: (name: string) => Promise<Found>): () => Promise<Found> {
  const left = [...names];
  const asked: Promise<Found>[] = [];
  return () => {
    for (const name of left.splice(0, atOnce - asked.length)) {
      const answer = fetch(name);
      // It may fail before its turn has come, or after another's failure has ended it all.
      answer.catch(() => undefined);
      asked.push(answer);
    }
    return asked.shift() as Promise<Found>;
  };
}

/** How one object's JSON is shown. */
function shaper(format: string): (found: Found) => string {
  if (format === '') return ({ text, isLaidOut }) => (isLaidOut ? text : indentJson(text, '    ', '    '));
  if (format === 'json') return ({ text }) => text.trim();
  const template = parsing(() => compileTemplate(format));
  return ({ text, shape }) =>
    executing(() => {
      const data = parseJson(text);
      return template(shape ? shaped(data, shape) : data);
    });
}

function parsing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new CliError(`template parsing error: ${(error as Error).message}`, 64);
  }
}

function executing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof TemplateError) throw new TemplateError(`template parsing error: ${error.message}`);
    throw error;
  }
}
