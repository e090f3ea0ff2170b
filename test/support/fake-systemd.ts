import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type BusMessage, type BusValue, type Cgroups, decodeMessage, encodeMessage } from '../../src/host/index.ts';

/** What systemd's manager does for scopes, on a bus, as its documentation says: org.freedesktop.systemd1(5). */
export interface FakeSystemd {
  /** What scopes were asked for: properties by name. */
  units: Map<string, Record<string, BusValue>>;
  calls: string[];
  /** Jobs end so. */
  result: string;
  close(): void;
}

interface Property {
  signature: string;
  value: BusValue;
}

/** Takes systemd's name on the bus at a socket, and makes scopes' cgroups below `cgroups`. */
export async function startFakeSystemd(socketPath: string, cgroups: Cgroups): Promise<FakeSystemd> {
  const socket = connect(socketPath);
  let serial = 0;
  const fake: FakeSystemd = { units: new Map(), calls: [], result: 'done', close: () => socket.destroy() };
  const send = (message: Omit<BusMessage, 'serial'>) => socket.write(encodeMessage({ ...message, serial: ++serial }));

  function makeScope(name: string, properties: Record<string, BusValue>): void {
    const slice = String(properties.Slice);
    for (const { mountPoint } of cgroups.hierarchies) {
      const path = join(mountPoint, slice, name);
      mkdirSync(path, { recursive: true });
      if (cgroups.hierarchyOf('cpuset')?.mountPoint === mountPoint) continue;
      for (const pid of properties.PIDs as number[]) writeFileSync(join(path, 'cgroup.procs'), String(pid));
    }
  }

  function answer(message: BusMessage): void {
    const { member = '', body = [], sender, serial: replySerial } = message;
    fake.calls.push(member);
    const reply = { destination: sender ?? '', replySerial };
    if (member === 'StartTransientUnit') {
      const [name, mode, given, others] = body as [string, string, [string, Property][], BusValue[]];
      if (mode !== 'replace' || others.length > 0) throw new Error('odd arguments');
      if (fake.units.has(name)) {
        const words = `Unit ${name} was already loaded or has a fragment file.`;
        const errorName = 'org.freedesktop.systemd1.UnitExists';
        send({ kind: 'error', errorName, ...reply, signature: 's', body: [words] });
        return;
      }
      const properties = Object.fromEntries(given.map(([key, { value }]) => [key, value]));
      fake.units.set(name, properties);
      const job = `/org/freedesktop/systemd1/job/${replySerial}`;
      if (fake.result === 'done') makeScope(name, properties);
      const about = { path: '/org/freedesktop/systemd1', interface: 'org.freedesktop.systemd1.Manager' };
      // It may well be over before the answer.
      send({ kind: 'signal', ...about, member: 'JobRemoved', signature: 'uoss', body: [1, job, name, fake.result] });
      send({ kind: 'reply', ...reply, signature: 'o', body: [job] });
      return;
    }
    if (member === 'SetUnitProperties') {
      const [name, , given] = body as [string, boolean, [string, Property][]];
      Object.assign(fake.units.get(name) ?? {}, Object.fromEntries(given.map(([key, { value }]) => [key, value])));
    }
    if (member === 'ResetFailedUnit') fake.units.delete(body[0] as string);
    send({ kind: 'reply', ...reply });
  }

  await speak(socket, (message) => {
    if (message.kind === 'call' && message.interface === 'org.freedesktop.systemd1.Manager') answer(message);
  });
  const bus = { path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus', destination: 'org.freedesktop.DBus' };
  send({ kind: 'call', ...bus, member: 'Hello' });
  const name: BusValue[] = ['org.freedesktop.systemd1', 4];
  send({ kind: 'call', ...bus, member: 'RequestName', signature: 'su', body: name });
  return fake;
}

async function speak(socket: Socket, hear: (message: BusMessage) => void): Promise<void> {
  const id = Buffer.from(String(process.getuid?.())).toString('hex');
  socket.write(`\0AUTH EXTERNAL ${id}\r\n`);
  await new Promise<void>((resolve) => {
    socket.once('data', () => resolve());
  });
  socket.write('BEGIN\r\n');
  let held: Buffer = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    held = Buffer.concat([held, bytes]);
    for (let next = decodeMessage(held); next; next = decodeMessage(held)) {
      held = held.subarray(next.length);
      hear(next.message);
    }
  });
}

/** Takes a slice's cgroups away that are empty. */
export function removeSlice(cgroups: Cgroups, slice: string): void {
  for (const { mountPoint } of cgroups.hierarchies) {
    const path = join(mountPoint, slice);
    try {
      for (const entry of readdirSync(path, { withFileTypes: true })) {
        if (entry.isDirectory()) rmdirSync(join(path, entry.name));
      }
      rmdirSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
