import { type EventMessage, olderThan } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { Events } from '../contract.ts';
import { eventMatches } from '../events/filter.ts';
import { createMailbox, type Mailbox } from '../events/mailbox.ts';
import { parseTimestamp } from '../query.ts';
import type { Handler, Request } from '../request.ts';
import type { Route } from '../router.ts';

/** What may wait for a client that reads slowly, in characters; one that falls back further is cut off. */
const patience = 8 << 20;
/** For so many milliseconds after one write to a client there is no other. */
const pace = 4;

/** The stream of events: what is remembered since a time, then what happens, until a time or for ever. */
export function eventRoutes(events: Events): Route[] {
  const handler: Handler = async (request) => {
    const span = spanOf(request);
    const filters = request.query.filters();
    const mailbox = createMailbox(patience);
    const passes = testOf(filters, request.version);
    // In one turn of the event loop: what is remembered and what comes now neither overlap nor leave a gap.
    const past = span.since === undefined ? nothing() : events.past(span);
    const end = events.subscribe((event, line) => {
      if (passes?.(event) ?? true) mailbox.put(line);
    });
    try {
      // A pump that is stuck at such a client ends with its connection.
      await Promise.race([pump(request, { past, mailbox, until: span.until, passes }), tooSlow(mailbox)]);
    } finally {
      end();
    }
  };
  return [['GET', '/events', handler]];
}

/** What an event must be like; undefined where every one will do. That an image was made is told since 1.46. */
function testOf(filters: Record<string, string[]>, version: string): Wanted['passes'] {
  const isOld = olderThan(version, '1.46');
  if (Object.keys(filters).length === 0 && !isOld) return undefined;
  return (event) => {
    if (isOld && event.Type === 'image' && event.Action === 'create') return false;
    return eventMatches(event, filters);
  };
}

async function tooSlow(mailbox: Mailbox): Promise<never> {
  await mailbox.overflown;
  throw new EngineError('unavailable', 'the client does not read the events it asked for');
}

async function* nothing(): AsyncGenerator<string[]> {}

interface Span {
  since?: bigint;
  until?: bigint;
}

function spanOf({ query }: Request): Span {
  const since = parseTimestamp(query.text('since'));
  const until = parseTimestamp(query.text('until'));
  if (since !== undefined && until !== undefined && since > until) {
    const [from, to] = [query.text('since'), query.text('until')];
    throw new EngineError('invalid', `\`since\` time (${from}) cannot be after \`until\` time (${to})`);
  }
  return { ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
}

interface Wanted {
  past: AsyncIterable<string[]>;
  mailbox: Mailbox;
  until: bigint | undefined;
  /** Without filters everything does. */
  passes: ((event: EventMessage) => boolean) | undefined;
}

async function pump({ reply, gone }: Request, { past, mailbox, until, passes }: Wanted): Promise<void> {
  const sink = await reply.stream(200, { 'Content-Type': 'application/json' });
  const end = until === undefined ? Number.POSITIVE_INFINITY : Number(until / 1_000_000n);
  // A timer holds 24 days at most; what is further away is not waited for to the millisecond.
  const timer = setInterval(mailbox.nudge, Math.min(Math.max(end - Date.now(), 1), 0x7fffffff));
  gone.addEventListener('abort', mailbox.nudge);
  try {
    for await (const lines of past) {
      const wanted = passes ? lines.filter((line) => passes(JSON.parse(line) as EventMessage)) : lines;
      const text = wanted.join('');
      if (text !== '') await sink.write(text);
      if (gone.aborted) return;
    }
    while (!gone.aborted) {
      const text = mailbox.take();
      if (text !== '') {
        await sink.write(text);
        // What follows at once goes out together.
        await Bun.sleep(pace);
      } else if (Date.now() >= end) return await sink.end();
      else {
        await mailbox.changed();
        // All that happens in one turn of the event loop goes out as one.
        await new Promise(setImmediate);
      }
    }
  } finally {
    clearInterval(timer);
  }
}
