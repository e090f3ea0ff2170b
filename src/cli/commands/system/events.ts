import { CliError, type Context, command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { parseJson } from '../../format/json.ts';
import { parseTimestamp } from '../../format/timestamp.ts';
import { readLines } from '../../stdio/lines.ts';
import { compileTemplate } from '../../template/index.ts';
import { filterFlag, filterQuery, inspectFormatUsage } from '../filters.ts';

export const events = command({
  usage: '[OPTIONS]',
  short: 'Get real time events from the server',
  aliases: ['system events', 'events'],
  flags: {
    filter: filterFlag('Filter output based on conditions provided'),
    format: flag.string(inspectFormatUsage),
    since: flag.string('Show all events created since timestamp'),
    until: flag.string('Stream events until this timestamp'),
  },
  async run({ client, out }: Context, { flags }) {
    const show = shaper(flags.format);
    const now = Date.now();
    const reply = await client.request({
      method: 'GET',
      path: '/events',
      query: {
        since: parseTimestamp(flags.since, now),
        until: parseTimestamp(flags.until, now),
        filters: filterQuery(flags.filter),
      },
    });
    for await (const line of readLines(reply.body)) await out.line(show(line));
    return 0;
  },
});

/** An event as it comes; `timeNano` does not fit a double. */
interface Event {
  status?: string;
  id?: string;
  from?: string;
  Type?: string;
  Action?: string;
  Actor?: { ID?: string; Attributes?: Record<string, string> };
  scope?: string;
  time?: number;
  timeNano?: number | bigint;
}

/** How an event's JSON is shown. */
function shaper(format: string): (text: string) => string {
  if (format === '') return (text) => sentence(parseJson(text) as Event);
  if (format === 'json') return (text) => text.trim();
  try {
    const template = compileTemplate(format, { typeName: '*events.Message' });
    // What no event has is found before the first one comes.
    template(fieldsOf({}));
    return (text) => template(fieldsOf(parseJson(text) as Event));
  } catch (error) {
    throw new CliError(`Error parsing format: ${(error as Error).message}`, 64);
  }
}

function sentence(event: Event): string {
  const { ID = '', Attributes = {} } = event.Actor ?? {};
  const pairs = Object.entries(Attributes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`);
  const attributes = pairs.length > 0 ? ` (${pairs.join(', ')})` : '';
  return `${momentOf(event)}${event.Type} ${event.Action} ${ID}${attributes}`;
}

/** The event's time in this place's zone, nine digits of fraction, and a space; nothing for an event without one. */
function momentOf({ time = 0, timeNano = 0 }: Event): string {
  const nano = timeNano ? BigInt(timeNano) : BigInt(time) * 1_000_000_000n;
  if (nano === 0n) return '';
  const date = new Date(Number(nano / 1_000_000n));
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19);
  const fraction = String(nano % 1_000_000_000n).padStart(9, '0');
  return `${local}.${fraction}${zone(offset)} `;
}

function zone(minutes: number): string {
  if (minutes === 0) return 'Z';
  const away = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${twoDigits(away / 60)}:${twoDigits(away % 60)}`;
}

function twoDigits(number: number): string {
  return String(Math.trunc(number)).padStart(2, '0');
}

/** The event as templates know it, by Go's names; `json` shows it as it came. */
function fieldsOf(event: Event): object {
  const { Actor = {} } = event;
  const row = {
    Status: event.status ?? '',
    ID: event.id ?? '',
    From: event.from ?? '',
    Type: event.Type ?? '',
    Action: event.Action ?? '',
    Actor: { ID: Actor.ID ?? '', Attributes: withEmpties(Actor.Attributes ?? {}) },
    Scope: event.scope ?? '',
    Time: event.time ?? 0,
    TimeNano: event.timeNano ?? 0,
  };
  return Object.defineProperty(row, 'toJSON', { value: () => event });
}

/** A map's keys may all be asked for: what is not there has no value. */
function withEmpties(map: Record<string, string>): Record<string, string> {
  const nothing = { value: undefined, configurable: true, enumerable: true, writable: true };
  return new Proxy(map, {
    getOwnPropertyDescriptor: (target, name) => Reflect.getOwnPropertyDescriptor(target, name) ?? nothing,
  });
}
