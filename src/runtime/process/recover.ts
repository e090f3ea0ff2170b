import { EngineError, within } from '../../kit/index.ts';
import type { Control, Exit, Process } from '../contract.ts';
import { type Connection, openConnection } from './connection.ts';
import { type Directory, findDirectory, type LaunchRecord } from './directory.ts';
import { createProcess, orphaned } from './process.ts';
import { FIRST_VERSION, type ShimMessage, VERSION } from './protocol.ts';

export interface Recovery {
  id: string;
  token: string;
  /** Of the start; for a container and an exec alike. */
  path: string;
  boot: string;
  pids: (pid: number) => number[];
  control?: Control;
  bury: () => Promise<void>;
  /** How long a monitor may take for each answer before nobody waits for it any more, in milliseconds. */
  patience: number;
}

/** How often one may be gone just as we come. */
const mostTries = 100;

type Hello = Extract<ShimMessage, { type: 'hello' }>;

/** Takes up what another engine started; see Runtime.recover. */
export async function recover(input: Recovery, tries = 1): Promise<Process | Exit | undefined> {
  const directory = findDirectory(input.path);
  if (!directory) return undefined;
  const record = directory.launchRecord();
  if (record && record.token !== input.token) {
    directory.close();
    return undefined;
  }
  refuseUnknown(input, record, directory.close);
  const connection = await openConnection(directory.socket).catch(() => undefined);
  if (!connection) return withoutShim(input, directory);
  const hello = Promise.withResolvers<Hello | undefined>();
  const early: Exclude<ShimMessage, { type: 'answer' }>[] = [];
  let listener = (message: Exclude<ShimMessage, { type: 'answer' }>): void => void early.push(message);
  connection.listen((message) => {
    if (message.type === 'hello') hello.resolve(message);
    else listener(message);
  });
  void connection.closed.then(() => hello.resolve(undefined));
  const said = await within(input.patience, hello.promise);
  if (!said) return recoverLater(input, directory.close, tries);
  if (said !== 'late' && said.token !== input.token) {
    connection.close();
    directory.close();
    return undefined;
  }
  if (said !== 'late' && isBeforeGo(said) && (await givesUp(connection, input.patience))) {
    directory.close();
    return recover(input);
  }
  const process = createProcess({
    id: input.id,
    token: input.token,
    directory,
    connection: {
      ...connection,
      listen: (next) => {
        listener = next;
        early.splice(0).forEach(next);
      },
    },
    ...(said !== 'late' && { running: { pid: said.pid, startedAt: said.startedAt } }),
    pids: () => input.pids(process.pid),
    ...(input.control && { control: input.control }),
    bury: input.bury,
  });
  if (said === 'late') {
    void hello.promise.then((now) => {
      if (!now) return;
      process.started(now.pid, now.startedAt);
      if (isBeforeGo(now)) void connection.request({ type: 'abort' });
    });
  }
  return process;
}

/** Its engine is gone and never said go. A monitor whose process is frozen, as that of an exec may be, can do so only when it thaws. */
async function givesUp(connection: Connection, patience: number): Promise<boolean> {
  void connection.request({ type: 'abort' });
  return (await within(patience, connection.closed)) !== 'late';
}

const isBeforeGo = ({ state }: Hello): boolean => state === 'preparing' || state === 'waiting';

/** Before anything is done to it: whoever started it can still look after it. */
function refuseUnknown({ id }: Recovery, record: LaunchRecord | undefined, close: () => void): void {
  const { protocol = FIRST_VERSION } = record ?? {};
  if (protocol === VERSION) return;
  close();
  throw new EngineError(
    'internal',
    `the monitor of ${id} speaks protocol ${protocol}, and this version of tug only ${VERSION}; it was left as it is: ` +
      'start the version of tug that started it, and stop it there before you change versions',
  );
}

async function withoutShim(input: Recovery, directory: Directory): Promise<Exit | undefined> {
  const exit = directory.exitRecord(input.token);
  if (exit || directory.wasRunning()) {
    const rebooted = directory.launchRecord()?.boot !== input.boot;
    directory.close();
    if (exit) return exit;
    return rebooted ? { code: 137, oom: false, at: new Date(), reason: 'the machine was restarted' } : orphaned(input);
  }
  await input.bury();
  directory.remove();
  return undefined;
}

// The shim went just as we came: what it left is there by now.
async function recoverLater(input: Recovery, close: () => void, tries: number): Promise<Process | Exit | undefined> {
  close();
  if (tries >= mostTries) throw new EngineError('internal', `the monitor of ${input.id} hangs up on every engine`);
  await Bun.sleep(20);
  return recover(input, tries + 1);
}
