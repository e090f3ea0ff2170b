import type { ContainerStatsResponse } from '../../../../../api/index.ts';
import type { Context } from '../../../../command.ts';
import { readLines } from '../../../../stdio/lines.ts';
import { makeRaw, stdinIsTerminal, stdoutIsTerminal, windowSize } from '../../../../stdio/terminal.ts';
import { type Order, orders, pageOf } from './page.ts';
import { type Use, usesOf } from './usage.ts';

/** All running containers, the greediest first: once where there is no terminal, otherwise until `q`. */
export async function showLive(context: Context): Promise<number> {
  const reply = await context.client.request({ method: 'GET', path: '/tug/stats' });
  try {
    const looks = usesAsTheyCome(readLines(reply.body));
    return stdoutIsTerminal() ? await follow(context, looks, () => reply.close()) : await once(context, looks);
  } finally {
    reply.close();
  }
}

async function* usesAsTheyCome(lines: AsyncIterable<string>): AsyncGenerator<Use[]> {
  let before: ContainerStatsResponse[] | undefined;
  for await (const line of lines) {
    const now = JSON.parse(line) as ContainerStatsResponse[];
    // Two looks make the first table: one alone does not tell how fast.
    if (before || now.length === 0) yield usesOf(now, before ?? []);
    before = now;
  }
}

async function once({ out }: Context, looks: AsyncIterable<Use[]>): Promise<number> {
  for await (const uses of looks) {
    for (const line of pageOf(uses, { order: 'c' })) await out.line(line.trimEnd());
    return 0;
  }
  throw new Error('the engine said nothing');
}

const help = 'keys: c cpu  m memory  n network  i disks  p processes  q quit';
const [ctrlC, escapeKey] = ['\x03', '\x1b'];
const alternate = '\x1b[?1049h\x1b[?25l';
const restored = '\x1b[?25h\x1b[?1049l';
const leave = (): boolean => process.stdout.write(restored);

async function follow({ out }: Context, looks: AsyncIterable<Use[]>, stop: () => void): Promise<number> {
  let order: Order = 'c';
  let uses: Use[] = [];
  let over = false;
  const draw = async () => {
    const size = windowSize();
    const lines = [...pageOf(uses, { order, ...(size && { size: { ...size, rows: size.rows - 1 } }) }), help];
    // From the top left corner; each line, and then the rest of the screen, is cleared of what stood there.
    await out.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`);
    await out.flush();
  };
  const press = (keys: string) => {
    for (const key of keys) {
      if (key === 'q' || key === ctrlC || keys === escapeKey) {
        over = true;
        stop();
      } else if (Object.hasOwn(orders, key)) order = key as Order;
    }
    if (!over) void draw();
  };
  const restore = listen(press);
  process.once('exit', leave);
  await out.write(alternate);
  try {
    for await (uses of looks) await draw();
  } catch (error) {
    if (!over) throw error;
  } finally {
    restore();
    process.off('exit', leave);
    await out.write(restored);
    await out.flush();
  }
  return 0;
}

/** Hears every key where there is a keyboard; the call it returns gives the terminal back. */
function listen(press: (keys: string) => void): () => void {
  if (!stdinIsTerminal()) return () => undefined;
  const restore = makeRaw();
  const heard = (bytes: Buffer) => press(bytes.toString('latin1'));
  process.stdin.on('data', heard);
  return () => {
    process.stdin.off('data', heard);
    process.stdin.pause();
    restore();
  };
}
