import type { Check } from '../contract.ts';
import { symptom } from './symptom.ts';

/** No engine of this kind ran before: certificates and registries are believed by the clock. */
const earliest = Date.parse('2025-06-01T00:00:00Z');

/** Whether the time can be right. */
export const clock: Check = (host) => {
  const now = host.now();
  const born = Number(/^btime (\d+)/m.exec(host.read('/proc/stat') ?? '')?.[1] ?? 0) * 1000;
  const uptime = Number(host.read('/proc/uptime')?.split(' ')[0] ?? Number.NaN) * 1000;
  const jumped = Math.abs(now - uptime - born);
  const source = host.read('/sys/devices/system/clocksource/clocksource0/current_clocksource')?.trim();
  return [
    ...symptom(now < earliest, {
      id: 'clock',
      gravity: 'error',
      text: `the clock says ${new Date(now).toISOString()}: certificates are not valid yet`,
      mend: 'set it, and run a time service such as systemd-timesyncd or chrony',
    }),
    ...symptom(born > 0 && jumped > 120_000, {
      id: 'clock-jump',
      gravity: 'note',
      text: `the clock was moved by ${Math.round(jumped / 1000)} s since the machine started`,
      mend: 'events and logs from before have other times; a time service at boot avoids it',
    }),
    ...symptom(source === 'jiffies', {
      id: 'clock-source',
      gravity: 'warning',
      text: 'the kernel counts time by ticks: it is coarse and drifts',
      mend: 'look for tsc=unstable in the kernel log',
    }),
  ];
};
