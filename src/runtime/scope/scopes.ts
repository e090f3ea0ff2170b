import { posix } from 'node:path';
import { type Bus, type BusValue, connectBus, matchSignals } from '../../host/index.ts';
import { crashpoint, EngineError, type Log, messageOf } from '../../kit/index.ts';
import type { SpecResources } from '../../oci/index.ts';
import { scopeProperties } from './properties.ts';

/**
 * Containers' cgroups as scopes of systemd, which leaves what is in them to the engine (`Delegate`). A scope lives for as long as a
 * process is in its cgroup.
 */
export interface Scopes {
  /**
   * Makes the cgroup `/system.slice/tug-ID.scope` by systemd, with a process in it that holds it until the answer is called: the
   * container's own has to be in it by then.
   */
  open(cgroup: string, resources: SpecResources): Promise<() => void>;
  /** Tells systemd the limits that a scope has now, so that it will not set others; what fails is said in the log. */
  update(cgroup: string, resources: SpecResources): Promise<void>;
  close(): void;
}

const systemd = {
  destination: 'org.freedesktop.systemd1',
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
};

/** Where the system's message bus listens. */
export const systemBus = (): string =>
  process.env.DBUS_SYSTEM_BUS_ADDRESS ?? 'unix:path=/var/run/dbus/system_bus_socket';

/** `cgroupVersion` decides which limits systemd has names for. The bus at `address` is connected to when it is first needed. */
export function createScopes(options: { address?: string; cgroupVersion: 1 | 2; log: Log }): Scopes {
  const { address = systemBus(), cgroupVersion, log } = options;
  let bus: Promise<Bus> | undefined;

  const connected = (): Promise<Bus> => {
    bus ??= listen(address).catch((error) => {
      bus = undefined;
      throw new EngineError('unavailable', `systemd cannot be reached: ${messageOf(error)}`, error);
    });
    return bus;
  };

  async function ask<T>(work: (bus: Bus) => Promise<T>): Promise<T> {
    const present = await connected();
    try {
      return await work(present);
    } catch (error) {
      // A bus that was started anew is connected to anew.
      if (/hung up|closed/.test(messageOf(error))) bus = undefined;
      throw error;
    }
  }

  return {
    async open(cgroup, resources) {
      // It ends by itself should nobody be left to end it.
      const holder = Bun.spawn({ cmd: ['sleep', '60'], stdio: ['ignore', 'ignore', 'ignore'] });
      const release = () => holder.kill('SIGKILL');
      try {
        const properties = [...scopeOf(cgroup, holder.pid), ...scopeProperties(resources, cgroupVersion)];
        await ask((present) => startUnit(present, posix.basename(cgroup), properties));
        crashpoint('runtime.scope');
        return release;
      } catch (error) {
        release();
        throw new EngineError('internal', `unable to start unit ${posix.basename(cgroup)}: ${messageOf(error)}`, error);
      }
    },
    async update(cgroup, resources) {
      const unit = posix.basename(cgroup);
      const body: BusValue[] = [unit, true, scopeProperties(resources, cgroupVersion)];
      const call = { ...systemd, member: 'SetUnitProperties', signature: 'sba(sv)', body };
      try {
        await ask((present) => present.call(call));
      } catch (error) {
        log.warn('systemd does not take over limits', { unit, error: messageOf(error) });
      }
    },
    close: () => void bus?.then((present) => present.close()).catch(() => undefined),
  };
}

async function listen(address: string): Promise<Bus> {
  const bus = await connectBus(address);
  await matchSignals(bus, `type='signal',interface='${systemd.interface}',member='JobRemoved'`);
  await bus.call({ ...systemd, member: 'Subscribe' });
  return bus;
}

const text = (value: string): BusValue => ({ signature: 's', value });
const yes: BusValue = { signature: 'b', value: true };

function scopeOf(cgroup: string, pid: number): BusValue[] {
  return [
    ['Description', text(`container ${posix.basename(cgroup, '.scope').replace(/^tug-/, '')}`)],
    ['Slice', text(posix.basename(posix.dirname(cgroup)))],
    ['PIDs', { signature: 'au', value: [pid] }],
    ['Delegate', yes],
    ['DefaultDependencies', { signature: 'b', value: false }],
    // Nothing of it stays, however its last process ended.
    ['CollectMode', text('inactive-or-failed')],
    ['MemoryAccounting', yes],
    ['CPUAccounting', yes],
    ['TasksAccounting', yes],
  ];
}

/** Resolves once systemd has made the unit; what it says of a failure is thrown. */
async function startUnit(bus: Bus, name: string, properties: BusValue[]): Promise<void> {
  const results = new Map<string, string>();
  let job: string | undefined;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const settle = () => {
    const result = job === undefined ? undefined : results.get(job);
    if (result === 'done') resolve();
    else if (result !== undefined) reject(new Error(`the job ended as ${result}`));
  };
  // The job may be over before the answer that names it.
  const stop = bus.onSignal(({ member, body = [] }) => {
    const [, path, unit, result] = body;
    if (member !== 'JobRemoved' || unit !== name) return;
    results.set(String(path), String(result));
    settle();
  });
  const timer = setTimeout(() => reject(new Error('systemd does not come to it')), 30_000);
  try {
    [job] = (await start(bus, name, properties)) as [string];
    settle();
    await promise;
  } finally {
    clearTimeout(timer);
    stop();
  }
}

/** One of that name which failed once is forgotten first. */
async function start(bus: Bus, name: string, properties: BusValue[]): Promise<BusValue[]> {
  const body: BusValue[] = [name, 'replace', properties, []];
  const call = { ...systemd, member: 'StartTransientUnit', signature: 'ssa(sv)a(sa(sv))', body };
  try {
    return await bus.call(call);
  } catch (error) {
    if (!/already exists|already loaded/.test(messageOf(error))) throw error;
    await bus.call({ ...systemd, member: 'ResetFailedUnit', signature: 's', body: [name] }).catch(() => undefined);
    return bus.call(call);
  }
}
