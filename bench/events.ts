import { sideBySide } from './measure.ts';
import { report } from './report.ts';
import { api, inParallel, type Sides } from './sides.ts';

const listeners = 20;
const containers = 200;

/** Containers come and go while listeners follow; the time runs until each of them has heard of every one. */
export async function events(sides: Sides): Promise<void> {
  const figures = await sideBySide(
    { tug: () => heardByAll(sides.engine.socket), docker: () => heardByAll(sides.peer) },
    { rounds: 3, pause: 1000 },
  );
  report(`${containers} containers made and removed, ${listeners} follow`, figures as never, 3);
}

async function heardByAll(socket: string): Promise<void> {
  const label = `bench-events=${process.pid}-${performance.now()}`;
  const followers = await Promise.all(Array.from({ length: listeners }, () => follow(socket, label)));
  await inParallel(containers, () => comeAndGo(socket, label));
  await Promise.all(followers.map(({ heard }) => heard));
}

async function comeAndGo(socket: string, label: string): Promise<void> {
  const [key = '', value = ''] = label.split('=');
  const body = { Image: 'busybox', Cmd: ['true'], Labels: { [key]: value } };
  const { Id } = (await api(socket, 'POST', '/containers/create', body)) as { Id: string };
  await api(socket, 'DELETE', `/containers/${Id}`);
}

/** Follows from now on; `heard` resolves when all containers have come and gone, and fails where the stream ends before. */
async function follow(socket: string, label: string): Promise<{ heard: Promise<void> }> {
  const filters = encodeURIComponent(JSON.stringify({ label: [label], event: ['create', 'destroy'] }));
  const stop = new AbortController();
  const response = await fetch(`http://engine/events?filters=${filters}`, { unix: socket, signal: stop.signal });
  const body = response.body;
  if (!response.ok || !body) throw new Error(`events: ${response.status}`);
  const heard = async () => {
    let lines = 0;
    for await (const bytes of body) {
      lines += Buffer.from(bytes).toString('latin1').split('\n').length - 1;
      if (lines === containers * 2) break;
    }
    stop.abort();
    if (lines !== containers * 2) throw new Error(`events: ${lines} instead of ${containers * 2}`);
  };
  return { heard: heard() };
}
