import type { EventMessage } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { Events } from '../contract.ts';
import { eventMatches } from '../event-filter.ts';
import { createMailbox, type Mailbox } from '../mailbox.ts';
import { parseTimestamp } from '../query.ts';
import type { Handler, Request } from '../request.ts';
import type { Route } from '../router.ts';

/** The live stream of events; `since` goes back over what the engine remembers of this life. */
export function eventRoutes(events: Events): Route[] {
  const handler: Handler = async (request) => {
    const span = spanOf(request);
    const filters = request.query.filters();
    const mailbox = createMailbox<EventMessage>();
    // In one turn of the event loop: what is remembered and what comes now neither overlap nor leave a gap.
    const end = events.subscribe(mailbox.put);
    if (span.since !== undefined) for (const event of events.recent()) if (isWithin(event, span)) mailbox.put(event);
    try {
      await pump(request, mailbox, { until: span.until, filters });
    } finally {
      end();
    }
  };
  return [['GET', '/events', handler]];
}

interface Span {
  since: bigint | undefined;
  until: bigint | undefined;
}

function spanOf({ query }: Request): Span {
  const since = parseTimestamp(query.text('since'));
  const until = parseTimestamp(query.text('until'));
  if (since !== undefined && until !== undefined && since > until) {
    const [from, to] = [query.text('since'), query.text('until')];
    throw new EngineError('invalid', `\`since\` time (${from}) cannot be after \`until\` time (${to})`);
  }
  return { since, until };
}

interface Wanted {
  until: bigint | undefined;
  filters: Record<string, string[]>;
}

async function pump({ reply, gone }: Request, mailbox: Mailbox<EventMessage>, wanted: Wanted): Promise<void> {
  const sink = await reply.stream(200, { 'Content-Type': 'application/json' });
  const until = wanted.until === undefined ? Number.POSITIVE_INFINITY : Number(wanted.until / 1_000_000n);
  // A timer holds 24 days at most; what is further away is not waited for to the millisecond.
  const timer = setInterval(mailbox.nudge, Math.min(Math.max(until - Date.now(), 1), 0x7fffffff));
  gone.addEventListener('abort', mailbox.nudge);
  try {
    while (!gone.aborted) {
      for (let event = mailbox.take(); event !== undefined; event = mailbox.take()) {
        if (eventMatches(event, wanted.filters)) await sink.write(`${JSON.stringify(withLegacyFields(event))}\n`);
      }
      if (Date.now() >= until) return await sink.end();
      await mailbox.changed();
    }
  } finally {
    clearInterval(timer);
  }
}

function isWithin(event: EventMessage, { since, until }: Span): boolean {
  const at = event.timeNano ?? 0;
  return (since === undefined || at >= since) && (until === undefined || at <= until);
}

/** Up to API 1.51 containers and images also say it in the fields of 2014. */
function withLegacyFields(event: EventMessage): Record<string, unknown> {
  if (event.Type !== 'container' && event.Type !== 'image') return { ...event };
  const from = event.Type === 'container' ? event.Actor?.Attributes?.image : undefined;
  return { status: event.Action, id: event.Actor?.ID, ...(from === undefined ? {} : { from }), ...event };
}
