import type { Control, Exit, Process } from '../contract.ts';
import { openConnection } from './connection.ts';
import { type Directory, findDirectory } from './directory.ts';
import { createProcess, orphaned } from './process.ts';
import type { ShimMessage } from './protocol.ts';

export interface Recovery {
  id: string;
  token: string;
  /** Of the start; for a container and an exec alike. */
  path: string;
  boot: string;
  pids: (pid: number) => number[];
  control?: Control;
  bury: () => Promise<void>;
}

/** Takes up what another engine started; see Runtime.recover. */
export async function recover(input: Recovery): Promise<Process | Exit | undefined> {
  const directory = findDirectory(input.path);
  if (!directory) return undefined;
  const record = directory.launchRecord();
  if (record && record.token !== input.token) {
    directory.close();
    return undefined;
  }
  const connection = await openConnection(directory.socket).catch(() => undefined);
  if (!connection) return withoutShim(input, directory);
  const hello = Promise.withResolvers<Extract<ShimMessage, { type: 'hello' }> | undefined>();
  const early: Exclude<ShimMessage, { type: 'answer' }>[] = [];
  let listener = (message: Exclude<ShimMessage, { type: 'answer' }>): void => void early.push(message);
  connection.listen((message) => {
    if (message.type === 'hello') hello.resolve(message);
    else listener(message);
  });
  void connection.closed.then(() => hello.resolve(undefined));
  const said = await hello.promise;
  if (!said) return recoverLater(input, directory.close);
  if (said.token !== input.token) {
    connection.close();
    directory.close();
    return undefined;
  }
  if (said.state === 'preparing' || said.state === 'waiting') {
    // Its engine is gone and never said go.
    await connection.request({ type: 'abort' });
    await connection.closed;
    directory.close();
    return recover(input);
  }
  return createProcess({
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
    running: { pid: said.pid, startedAt: said.startedAt },
    pids: () => input.pids(said.pid),
    ...(input.control && { control: input.control }),
    bury: input.bury,
  });
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
async function recoverLater(input: Recovery, close: () => void): Promise<Process | Exit | undefined> {
  close();
  await Bun.sleep(20);
  return recover(input);
}
