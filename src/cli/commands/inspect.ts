import { ApiError, type Client } from '../../client/index.ts';
import { CliError, type Context, command } from '../command.ts';
import { errorText } from '../error-text.ts';
import { flag } from '../flags/index.ts';
import { indentJson, parseJson } from '../format/json.ts';
import { compileTemplate, TemplateError } from '../template/index.ts';

const typeNames = '"config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume"';

type Kind = 'container' | 'image' | 'network' | 'volume';

const paths: Record<Kind, (name: string) => string> = {
  container: (name) => `/containers/${encodeURIComponent(name)}/json`,
  image: (name) => `/images/${encodeURIComponent(name).replaceAll('%2F', '/')}/json`,
  network: (name) => `/networks/${encodeURIComponent(name)}`,
  volume: (name) => `/volumes/${encodeURIComponent(name)}`,
};

const formatFlag = flag.string(
  "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
  { short: 'f' },
);

export const inspect = command({
  usage: '[OPTIONS] NAME|ID [NAME|ID...]',
  short: 'Return low-level information on Docker objects',
  flags: {
    format: formatFlag,
    size: flag.bool('Display total file sizes if the type is container', { short: 's' }),
    type: flag.string('Only inspect objects of the given type'),
  },
  arity: { atLeast: 1 },
  async run(context, { flags, given, args }) {
    const kinds = Object.keys(paths) as Kind[];
    const asked = flags.type as Kind;
    if (given.has('type') && flags.type === '') {
      throw new Error(`type is empty: must be one of ${typeNames}`);
    }
    if (asked && !kinds.includes(asked))
      throw new Error(`unknown type: ${JSON.stringify(flags.type)}: must be one of ${typeNames}`);
    return inspectAll(context, args, flags.format, (name) =>
      asked ? fetchOne(context.client, asked, name, flags.size) : fetchAny(context.client, kinds, name, flags.size),
    );
  },
});

function inspector(kind: Kind, usage: string, short: string) {
  const size = { size: flag.bool('Display total file sizes', { short: 's' }) };
  return command({
    usage,
    short,
    flags: { format: formatFlag, ...(kind === 'container' ? size : {}) },
    arity: { atLeast: 1 },
    run: (context, { flags, args }) =>
      inspectAll(context, args, flags.format ?? '', (name) =>
        fetchOne(context.client, kind, name, flags.size === true),
      ),
  });
}

export const inspectContainer = inspector(
  'container',
  '[OPTIONS] CONTAINER [CONTAINER...]',
  'Display detailed information on one or more containers',
);
export const inspectImage = inspector(
  'image',
  '[OPTIONS] IMAGE [IMAGE...]',
  'Display detailed information on one or more images',
);
export const inspectNetwork = inspector(
  'network',
  '[OPTIONS] NETWORK [NETWORK...]',
  'Display detailed information on one or more networks',
);
export const inspectVolume = inspector(
  'volume',
  '[OPTIONS] VOLUME [VOLUME...]',
  'Display detailed information on one or more volumes',
);

async function fetchOne(client: Client, kind: Kind, name: string, size: boolean): Promise<string> {
  const reply = await client.request({ method: 'GET', path: paths[kind](name), query: { size } });
  return reply.text();
}

/** A name may be anything's: the first kind that knows it answers. */
async function fetchAny(client: Client, kinds: Kind[], name: string, size: boolean): Promise<string> {
  for (const kind of kinds) {
    try {
      return await fetchOne(client, kind, name, size);
    } catch (error) {
      if (!(error instanceof ApiError) || !isAbsent(error)) throw error;
    }
  }
  throw new Error(`Error: No such object: ${name}`);
}

/** What is no valid name for one kind may be one for the next. */
function isAbsent(error: ApiError): boolean {
  return (
    error.status === 404 || error.message.includes('invalid reference format') || error.message.startsWith('invalid')
  );
}

async function inspectAll(
  context: Context,
  names: string[],
  format: string,
  fetch: (name: string) => Promise<string>,
): Promise<number> {
  const found: string[] = [];
  const failures: string[] = [];
  const show = shaper(format);
  for (const name of names) {
    try {
      found.push(show(await fetch(name)));
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

/** How one object's JSON is shown. */
function shaper(format: string): (text: string) => string {
  if (format === '') return (text) => indentJson(text, '    ', '    ');
  if (format === 'json') return (text) => text.trim();
  const template = parsing(() => compileTemplate(format));
  return (text) => executing(() => template(parseJson(text)));
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
