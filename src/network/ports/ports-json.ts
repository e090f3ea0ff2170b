import type { PortBinding } from '../../api/index.ts';
import { portKey } from './port-wishes.ts';
import type { PublishedPort } from './ports.ts';

/** NetworkSettings.Ports: exposed ones are null, published ones say where. */
export function portsJson(exposed: string[], ports: PublishedPort[]): Record<string, PortBinding[] | null> {
  const out: Record<string, PortBinding[] | null> = Object.fromEntries(exposed.map((key) => [portKey(key), null]));
  for (const { hostIp, hostPort, containerPort, protocol, family } of ports) {
    const HostIp = hostIp || (family === 6 ? '::' : '0.0.0.0');
    const binding = { HostIp, HostPort: hostPort === 0 ? '' : String(hostPort) };
    const key = `${containerPort}/${protocol}`;
    out[key] = [...(out[key] ?? []), binding];
  }
  return Object.fromEntries(Object.entries(out).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
