import { ApiError, type Client } from '../../../client/index.ts';
import type { Found } from './inspect-all.ts';
import { shapes } from './shapes.ts';

/** Fewer are asked for one by one. */
const many = 4;
/** What stands before each text of the answer. */
const mark = '\x1e';

/**
 * Looks containers up by name, all of them in one request at the first call, where the engine knows how. Undefined for what is to be
 * asked for by itself. `format` is the user's: without one the texts come as they are shown.
 */
export function containersAhead(
  client: Client,
  names: string[],
  { size, format }: { size: boolean; format: string },
): (name: string) => Promise<Found | undefined> {
  const isLaidOut = format === '';
  let asked: Promise<Map<string, string>> | undefined;
  return async (name) => {
    if (names.length < many) return undefined;
    asked ??= inspectMany(client, names, { size, line: !isLaidOut });
    const text = (await asked).get(name);
    return text === undefined ? undefined : { text, isLaidOut, shape: shapes.container };
  };
}

async function inspectMany(client: Client, names: string[], query: { size: boolean; line: boolean }) {
  const found = new Map<string, string>();
  try {
    const reply = await client.request({ method: 'POST', path: '/tug/containers/inspect', query, body: names });
    const texts = (await reply.text()).split(mark).slice(1);
    for (const [at, text] of texts.entries()) if (text !== '\n') found.set(names[at] ?? '', text.slice(0, -1));
  } catch (error) {
    // Another engine than tug's.
    if (!(error instanceof ApiError)) throw error;
  }
  return found;
}
