import type { Endpoint, Place } from '../records/place.ts';
import { parseQuery, type Query } from './message.ts';

/** A query as a client sends it; `size` adds an OPT record. */
export function question(name: string, type: number, size?: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(4711, 0);
  header.writeUInt16BE(0x100, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(size === undefined ? 0 : 1, 10);
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  const end = Buffer.from([0, type >> 8, type & 0xff, 0, 1]);
  const opt = size === undefined ? [] : [Buffer.from([0, 0, 41, size >> 8, size & 0xff, 0, 0, 0, 0, 0, 0])];
  return Buffer.concat([header, ...labels, end, ...opt]);
}

export const parsed = (bytes: Buffer): Query => parseQuery(bytes) as Query;

/** A container on networks, by the last number of its address on each. */
export function place(name: string, on: Record<string, number>, more: Partial<Endpoint> = {}): Place {
  const endpoints = Object.entries(on).map(
    ([network, host], at): Endpoint => ({
      endpointId: `${name}${at}`,
      networkId: network,
      network,
      mac: '',
      wish: { IPAMConfig: null, Links: null, Aliases: null, DriverOpts: null, GwPriority: 0 },
      names: network === 'bridge' ? null : [name, `${name}-alias`],
      link: {
        veth: '',
        index: 0,
        ifName: '',
        inside: 0,
        v4: { address: `10.0.${at}.${host}`, prefix: 24, gateway: network === 'inner' ? '' : `10.0.${at}.1` },
      },
      ...more,
    }),
  );
  const dns = { servers: [], search: [], options: [] };
  const containerId = name.padEnd(64, '0');
  return { containerId, name, hostname: name, domainname: '', endpoints, ports: [], exposed: [], dns, extraHosts: [] };
}

export const neighbourhood = (places: Place[]) => ({
  membersOf: (networkId: string) =>
    places.flatMap((member) =>
      member.endpoints
        .filter((endpoint) => endpoint.networkId === networkId)
        .map((endpoint) => ({ place: member, endpoint })),
    ),
});
