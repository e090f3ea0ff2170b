import type { EventMessage } from '../api/index.ts';
import { createTopic, type Log } from '../kit/index.ts';
import type { Backends, Events } from './contract.ts';

/** As many as Docker remembers for `since`. */
const remembered = 256;

/** Begins to remember at once; `close` ends it. */
export function createEvents(
  { containers, images, volumes }: Pick<Backends, 'containers' | 'images' | 'volumes'>,
  log: Log,
): Events {
  const topic = createTopic<EventMessage>((error) => log.error('an event listener failed', { error }));
  const ring: EventMessage[] = [];
  let count = 0;
  const publish = (event: EventMessage) => {
    ring.push(event);
    if (ring.length > remembered) ring.shift();
    topic.publish(event);
  };
  const endings = [
    containers.subscribe(publish),
    images.subscribe(({ action, id, name, labels }) => publish(message('image', action, id, { ...labels, name }))),
    volumes.subscribe(({ action, name, driver }) => publish(message('volume', action, name, { driver }))),
  ];
  return {
    subscribe(listener) {
      count += 1;
      const end = topic.subscribe(listener);
      return () => {
        count -= 1;
        end();
      };
    },
    recent: () => [...ring],
    listeners: () => count,
    close() {
      for (const end of endings) end();
    },
  };
}

function message(
  type: 'image' | 'volume',
  action: string,
  id: string,
  attributes: Record<string, string>,
): EventMessage {
  const now = Date.now();
  return {
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: attributes },
    scope: 'local',
    time: Math.floor(now / 1000),
    timeNano: now * 1_000_000,
  };
}
