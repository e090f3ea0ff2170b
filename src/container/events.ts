import type { EventMessage } from '../api/index.ts';
import { createTopic, type Log } from '../kit/index.ts';
import type { Clock } from './clock.ts';
import type { ContainerRow } from './row.ts';

/** What happens to containers, in Docker's event messages. Publish after the commit that made it true. */
export interface Events {
  publish(row: ContainerRow, action: string, attributes?: Record<string, string>): void;
  /** Of a process more, with its command as Docker writes it: the program, a space, its arguments. */
  ofExec(row: ContainerRow, action: 'exec_create' | 'exec_start', exec: { id: string; command: string[] }): void;
  /** What concerns no single container. */
  announce(action: string, attributes: Record<string, string>): void;
  /** What a container does with something else. */
  relate(type: 'network' | 'volume', action: string, id: string, attributes: Record<string, string>): void;
  subscribe(listener: (event: EventMessage) => void): () => void;
}

type EventType = NonNullable<EventMessage['Type']>;

export function createEvents(options: { clock: Clock; log: Log }): Events {
  const topic = createTopic<EventMessage>((error) => options.log.error('an event listener failed', { error }));
  const tell = (type: EventType, action: string, actor: NonNullable<EventMessage['Actor']>) => {
    const now = options.clock();
    topic.publish({
      Type: type,
      Action: action,
      Actor: actor,
      scope: 'local',
      time: Number(now / 1_000_000_000n),
      timeNano: Number(now),
    });
  };
  const publish: Events['publish'] = (row, action, attributes = {}) =>
    tell('container', action, { ID: row.id, Attributes: { ...row.config.Labels, ...own(row), ...attributes } });
  return {
    subscribe: topic.subscribe,
    publish,
    ofExec(row, action, { id, command: [program = '', ...rest] }) {
      publish(row, `${action}: ${program} ${rest.join(' ')}`, { execID: id });
    },
    announce: (action, attributes) => tell('container', action, { ID: '', Attributes: attributes }),
    relate: (type, action, id, attributes) => tell(type, action, { ID: id, Attributes: attributes }),
  };
}

function own(row: ContainerRow): Record<string, string> {
  return { image: row.config.Image ?? '', name: row.name ?? '' };
}
