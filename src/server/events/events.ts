import { join } from 'node:path';
import type { EventMessage } from '../../api/index.ts';
import { createTopic, type Log } from '../../kit/index.ts';
import type { Backends, Events } from '../contract.ts';
import { createEventRing } from './ring.ts';

/** The half of what is remembered on disk, in bytes: with the other, some twenty thousand events. */
const fileSize = 4 << 20;

interface Options extends Pick<Backends, 'containers' | 'images' | 'volumes' | 'networks'> {
  dataRoot: string;
  /** Nanoseconds since the epoch, never the same twice. */
  clock: () => bigint;
  log: Log;
}

/** Gathers the events of every room from now on until `close`, and remembers them on disk. */
export function createEvents({ containers, images, volumes, networks, dataRoot, clock, log }: Options): Events {
  const topic = createTopic<{ event: EventMessage; line: string }>((error) =>
    log.error('an event listener failed', { error }),
  );
  const ring = createEventRing({ directory: join(dataRoot, 'events'), fileSize, log });
  let count = 0;
  let published = 0;
  const publish = (event: EventMessage) => {
    const line = `${JSON.stringify(withLegacyFields(event))}\n`;
    published += 1;
    ring.append(event.timeNano ?? 0, line);
    topic.publish({ event, line });
  };
  const tell: Events['tell'] = (type, action, actor) => {
    const now = clock();
    const times = { time: Number(now / 1_000_000_000n), timeNano: Number(now) };
    publish({ Type: type, Action: action, Actor: actor, scope: 'local', ...times });
  };
  const endings = [
    containers.subscribe(publish),
    images.subscribe(({ action, id, name, labels }) =>
      tell('image', action, { ID: id, Attributes: { ...labels, ...(name !== undefined && { name }) } }),
    ),
    networks.subscribe(({ Action = '', Actor = {} }) => tell('network', Action, Actor)),
    volumes.subscribe(({ action, name, driver }) => tell('volume', action, { ID: name, Attributes: { driver } })),
  ];
  return {
    tell,
    subscribe(listener) {
      count += 1;
      const end = topic.subscribe(({ event, line }) => listener(event, line));
      return () => {
        count -= 1;
        end();
      };
    },
    past: ring.read,
    told: () => published,
    listeners: () => count,
    close() {
      for (const end of endings) end();
      ring.close();
    },
  };
}

/** Up to API 1.51 containers and images also say it in the fields of 2014. */
function withLegacyFields(event: EventMessage): Record<string, unknown> {
  if (event.Type !== 'container' && event.Type !== 'image') return { ...event };
  const from = event.Type === 'container' ? event.Actor?.Attributes?.image : undefined;
  return { status: event.Action, id: event.Actor?.ID, ...(from === undefined ? {} : { from }), ...event };
}
