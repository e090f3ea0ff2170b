import type { ExecConfig } from '../../api/index.ts';
import type { Process } from '../../runtime/index.ts';
import type { Collection } from '../../store/index.ts';

/** An exec whose process may outlive this engine; in the store from before it goes until its end. */
export interface ExecRow {
  containerId: string;
  token: string;
  config: ExecConfig;
  /** It is a health check's. */
  probe?: true;
}

export const execRows: Collection<ExecRow> = {
  name: 'execs',
  indexes: { container: { of: (row) => row.containerId, unique: false } },
};

/** An exec as this engine knows it. */
export interface ExecRecord {
  id: string;
  containerId: string;
  config: ExecConfig;
  state: 'created' | 'running' | 'exited';
  exitCode: number | null;
  pid: number;
  process?: Process;
  probe?: true;
}

/** The execs of this engine's life. */
export interface Execs {
  get(id: string): ExecRecord | undefined;
  add(record: ExecRecord): void;
  /** Keeps an ended one for a while: clients ask for its exit code after its output has ended. */
  ended(record: ExecRecord): void;
  runningIn(containerId: string): string[];
  forgetContainer(containerId: string): void;
  close(): void;
}

/** Docker forgets an ended exec at the first of its five-minute rounds. */
const keptFor = 5 * 60_000;

export function createExecs(): Execs {
  const records = new Map<string, ExecRecord>();
  const timers = new Map<string, NodeJS.Timeout>();
  const forget = (id: string) => {
    records.delete(id);
    clearTimeout(timers.get(id));
    timers.delete(id);
  };
  return {
    get: (id) => records.get(id),
    add: (record) => records.set(record.id, record),
    ended(record) {
      const timer = setTimeout(forget, keptFor, record.id);
      timer.unref();
      timers.set(record.id, timer);
    },
    runningIn: (containerId) =>
      [...records.values()]
        .filter((record) => record.containerId === containerId && record.state === 'running')
        .map(({ id }) => id),
    forgetContainer(containerId) {
      for (const { id } of [...records.values()].filter((record) => record.containerId === containerId)) forget(id);
    },
    close() {
      for (const id of records.keys()) forget(id);
    },
  };
}
