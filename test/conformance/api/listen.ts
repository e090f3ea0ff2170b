import { until } from '../../support/command.ts';
import { send } from './ask.ts';
import { filters, post, remove } from './probe.ts';

/** What an engine tells of the things that the probes name, from now on. */
export interface Listener {
  /** All until now, each as its type, action and what it is told with; those of one type in their order. */
  told(): Promise<string[]>;
  close(): void;
}

type Names = Record<string, string>;

export async function listen(socket: string, names: Names): Promise<Listener> {
  const leave = new AbortController();
  const { run, made, tty, done, vol, net } = names;
  const asked = { container: [run, made, tty, done], volume: [vol], network: [net] };
  const texts = Object.fromEntries(Object.keys(asked).map((kind) => [kind, '']));
  for (const [kind, things] of Object.entries(asked)) {
    const query = filters({ type: [kind], [kind]: things });
    const answer = await fetch(`http://d/events?${query}`, { unix: socket, signal: leave.signal });
    void collect(answer, (text) => {
      texts[kind] += text;
    });
  }
  return {
    async told() {
      // What comes last is here when its marker is.
      const marker = `${vol}-marker`;
      await send(socket, post('/volumes/create', { Name: marker }), names);
      await until('the last event has come', () => texts.volume?.includes(marker));
      await send(socket, remove(`/volumes/${marker}`), names);
      const lines = Object.values(texts).flatMap((text) => text.split('\n'));
      return lines.filter((line) => line !== '' && !line.includes(marker)).flatMap(summaryOf);
    },
    close: () => leave.abort(),
  };
}

async function collect(answer: Response, add: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  try {
    for await (const bytes of answer.body ?? []) add(decoder.decode(bytes, { stream: true }));
  } catch (error) {
    // Ended by close.
    if ((error as Error).name !== 'AbortError') throw error;
  }
}

function summaryOf(line: string): string[] {
  const { Type, Action, scope, Actor, status, from } = JSON.parse(line);
  // Docker mounts a container's volumes anew for each archive it reads or makes.
  if (Type === 'volume' && Action !== 'create') return [];
  return [[Type, Action, scope, status ?? '', from ?? '', ...Object.keys(Actor.Attributes).toSorted()].join(' ')];
}
